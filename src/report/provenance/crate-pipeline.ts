import type { JobProvenance } from '../../core/index.ts'

/** Returns the steps of a job's pipeline as JSON: which stage, and from which steps it takes what. */
export function pipelineDescription({ pipeline, steps }: JobProvenance): string {
  const makers = new Map(steps.flatMap(({ step, made }) => made.map(({ digest }) => [digest, step] as const)))
  const described = steps.map(({ step, stage, stageVersion, used }) => ({
    step,
    stage,
    version: stageVersion,
    after: [...new Set(used.flatMap(({ digest }) => makers.get(digest) ?? []))],
  }))
  return `${JSON.stringify({ pipeline, steps: described }, undefined, 2)}\n`
}
