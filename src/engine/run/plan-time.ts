import type { Graph, Outcome, StepStatus } from '../../core/index.ts'
import { type WorkLeftOptions, workLeft } from '../schedule/work-left.ts'
import type { PlanTime, RunPlan } from './request.ts'

interface PlanTimeOptions extends Omit<WorkLeftOptions, 'graph' | 'outputBytes' | 'nowMs'> {
  readonly graph: Graph
  /** How the steps that are not executed end, by id. */
  readonly outcomes: ReadonlyMap<string, Outcome>
}

/** Returns about how long a planned run takes, judged by how long its stages took before, on this device. */
export function planTime(plan: RunPlan, options: PlanTimeOptions): PlanTime {
  const isExecuted = (forecast: RunPlan[number]) =>
    forecast.kind === 'miss' || (forecast.kind === 'unknown' && forecast.certain === true)
  const mayBe = plan.filter((forecast) => isExecuted(forecast) || forecast.kind === 'unknown')
  const known = {
    ...options,
    outputBytes: (step: string, output: string) => {
      const outcome = options.outcomes.get(step)
      return outcome !== undefined && 'result' in outcome ? outcome.result.outputs[output]?.sizeBytes : undefined
    },
    nowMs: 0,
  }
  const of = (forecasts: RunPlan) =>
    workLeft(
      forecasts.map(({ step }): StepStatus => ({ step, state: 'not-yet' })),
      known,
    )
  const most = of(mayBe)
  return {
    leastMs: of(mayBe.filter(isExecuted)).left.durationMs,
    mostMs: most.left.durationMs,
    unknown: most.left.unknown,
    stepMs: Object.fromEntries(
      most.steps.flatMap(({ step, leftMs }) => (leftMs === undefined ? [] : [[step, leftMs]])),
    ),
  }
}
