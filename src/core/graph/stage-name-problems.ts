import type { AnyStage } from '../declare/stage.ts'
import type { Problem } from '../failure/failure.ts'
import type { Graph, Step } from './graph.ts'

/** Returns which stages are named like another: with the same key, they would get each other's results. */
export function sharedStageNames(graph: Graph): readonly Problem[] {
  const firsts = new Map<string, Step>()
  /** By stage: the first step of whichever stage has its name. */
  const firstOf = new Map<AnyStage, Step>()
  return graph.steps.flatMap((step) => {
    const { name, version, source } = step.stage
    let first = firstOf.get(step.stage)
    if (first === undefined) {
      const told = JSON.stringify([name, version, source])
      first = firsts.get(told) ?? step
      firsts.set(told, first)
      firstOf.set(step.stage, first)
    }
    if (first.stage === step.stage) return []
    const message = `its stage has the name '${name}', like another stage, that of the step '${first.id}'; rename one of the stages`
    return [{ where: `step ${step.id}`, message }]
  })
}
