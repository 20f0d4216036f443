import type { Offers } from '../declare/config.ts'
import { poolProblems, poolSizeProblems } from '../declare/config.ts'
import type { AnyPipeline } from '../declare/pipeline.ts'
import { toolsOf } from '../declare/stage.ts'
import { installProblems } from '../declare/stage-problems.ts'
import type { Problem } from '../failure/failure.ts'
import { buildGraph } from './build-graph.ts'
import type { Step } from './graph.ts'
import { type Selection, selectSteps } from './selection.ts'
import { serviceProblems } from './service-problems.ts'

/** What to run a pipeline with. */
export interface ValidateOptions extends Offers {
  readonly selection?: Selection
}

/**
 * Returns every mistake in a pipeline with these params; nothing if it is right.
 * The pools and services that its steps need must be among those that are named.
 */
export function validate(
  pipeline: AnyPipeline,
  params: object = {},
  { selection, ...offers }: ValidateOptions = {},
): readonly Problem[] {
  const graph = buildGraph(pipeline, params)
  if (!graph.ok) return graph.error
  const selected = selectSteps(graph.value, selection)
  const { steps } = graph.value
  return [
    ...steps.flatMap(({ id, stage, params: given }) => installProblems(`step ${id}`, toolsOf(stage, given))),
    ...(selected.ok ? [] : selected.error),
    ...offerProblems(steps, offers),
  ]
}

/** Returns what steps need and the run does not offer, and what is wrong with what it offers. */
export function offerProblems(steps: readonly Step[], { pools = {}, services = [] }: Offers): readonly Problem[] {
  const declared = Object.keys(pools)
  // A stage's mistake is reported once, at its first step.
  const first = new Map(steps.toReversed().map((step) => [step.stage, step]))
  const needing = steps.filter(({ condition }) => condition?.kind !== 'constant' || condition.holds)
  return [
    ...poolSizeProblems(pools),
    ...steps
      .filter((step) => first.get(step.stage) === step)
      .flatMap(({ id, stage }) => poolProblems(`step ${id}`, stage, declared)),
    ...serviceProblems(needing, services),
  ]
}
