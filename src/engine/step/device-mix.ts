import { type Graph, type Step, StepIndex } from '../../core/index.ts'
import type { RunContext } from '../site/run-context.ts'
import { isChoosy } from '../site/used-actions.ts'

/**
 * Returns a warning where a job's results were made on several devices: those of this run, and, where the job was run
 * on another device before, those that this run has left alone.
 */
export function deviceMixWarning(
  { graph, used, store, jobDir, device }: Pick<RunContext, 'graph' | 'used' | 'store' | 'jobDir' | 'device'>,
  deviceBefore: string | undefined,
): string | undefined {
  if (!graph.steps.some(isChoosy)) return undefined
  const deviceOf = new Map<string, string>()
  for (const [id, { action }] of used) deviceOf.set(id, action.device)
  if (deviceBefore !== undefined && deviceBefore !== device) {
    for (const [id, { action }] of store.ledger.jobs.steps(jobDir)) {
      if (!deviceOf.has(id) && typeof action.device === 'string') deviceOf.set(id, action.device)
    }
  }
  const stepsOn = stepsByDevice(graph, deviceOf)
  if (stepsOn.size < 2) return undefined
  const parts = [...stepsOn].map(([on, steps]) => `${listed(steps)} on ${on}`)
  return `the results of this job were computed on several devices: ${parts.join('; ')}. To compute all on one, use --device and --force`
}

function stepsByDevice(graph: Graph, deviceOf: ReadonlyMap<string, string>): ReadonlyMap<string, readonly string[]> {
  const index = new StepIndex<Step>()
  for (const step of graph.steps) index.add(step.id, step)
  const stepsOn = new Map<string, string[]>()
  for (const [id, device] of deviceOf) {
    const step = index.find(id)
    if (step !== undefined && isChoosy(step)) stepsOn.set(device, [...(stepsOn.get(device) ?? []), id])
  }
  return stepsOn
}

const shownMax = 3

function listed(steps: readonly string[]): string {
  const more = steps.length - shownMax
  return more > 0 ? `${steps.slice(0, shownMax).join(', ')} and ${more} more` : steps.join(', ')
}
