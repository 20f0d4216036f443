import type { Outcome, StepStatus } from '../../core/index.ts'
import { type WorkLeftOptions, workLeft } from './work-left.ts'

/** About how long a planned run takes, judged by earlier executions of its stages; nothing of it is certain. */
export interface PlanTime {
  /** If it executes only what it executes in any case. */
  readonly leastMs: number
  /** If it executes all that may have to be executed. */
  readonly mostMs: number
  /** The steps that may be executed, and of which nobody knows how long they take. */
  readonly unknown: readonly string[]
  /** By step, where it is known. */
  readonly stepMs: Readonly<Record<string, number>>
}

interface PlanTimeOptions extends Omit<WorkLeftOptions, 'outputBytes' | 'nowMs'> {
  /** Ids of the steps that are executed, and of those that may be. */
  readonly executed: readonly string[]
  readonly maybe: readonly string[]
  /** How the steps that are not executed end, by id. */
  readonly outcomes: ReadonlyMap<string, Outcome>
}

export function planTime({ executed, maybe, outcomes, ...options }: PlanTimeOptions): PlanTime {
  const of = (ids: readonly string[]) =>
    workLeft(
      ids.map((step): StepStatus => ({ step, state: 'not-yet' })),
      {
        ...options,
        outputBytes: (step, output) => {
          const outcome = outcomes.get(step)
          return outcome !== undefined && 'result' in outcome ? outcome.result.outputs[output]?.sizeBytes : undefined
        },
        nowMs: 0,
      },
    )
  const { steps, left } = of([...executed, ...maybe])
  return {
    leastMs: of(executed).left.durationMs,
    mostMs: left.durationMs,
    unknown: left.unknown,
    stepMs: Object.fromEntries(steps.flatMap(({ step, leftMs }) => (leftMs === undefined ? [] : [[step, leftMs]]))),
  }
}
