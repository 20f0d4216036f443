import type { StoredArtifact } from '../../../store/index.ts'
import type { Difference, Failure } from '../../core/index.ts'
import type { Workspace } from '../execute/workspace.ts'
import type { StepEnd } from '../schedule/wiring/step-end.ts'
import type { StepSite } from '../site/step-site.ts'
import { compareOutputs } from './compare-outputs.ts'
import { claimOf, executeStep } from './execute-step.ts'
import { fetchedResult } from './fetched-result.ts'
import { stepWatch } from './step-watch.ts'

/** The outputs of one execution: what they are, and where they lie. */
interface Made {
  readonly artifacts: Readonly<Record<string, StoredArtifact>>
  pathOf(output: string): string
}

type ApartEnd =
  | { readonly kind: 'made'; readonly made: Made }
  | { readonly kind: 'failed'; readonly failure: Failure }
  | { readonly kind: 'cancelled' }

/**
 * Executes a step that has its result once more, or twice where the run did not execute it itself, in workspaces that
 * leave nothing behind, and compares. Returns the step's end: a failure when two executions differ that should not.
 */
export async function checkDeterminism(site: StepSite, end: StepEnd): Promise<StepEnd> {
  const workspaces: Workspace[] = []
  try {
    const own: ApartEnd | undefined = end.outcome.kind === 'executed' ? { kind: 'made', made: madeBy(end) } : undefined
    const first = own ?? (await executeApart(site, workspaces))
    const second = first.kind === 'made' ? await executeApart(site, workspaces) : first
    if (first.kind !== 'made' || second.kind !== 'made') {
      if (second.kind === 'failed') return site.failed(second.failure)
      return { outcome: { kind: 'cancelled' }, outputs: {} }
    }
    return judged(site, end, differencesOf(first.made, second.made))
  } finally {
    for (const workspace of workspaces) site.context.workspaces.remove(workspace)
  }
}

function judged(site: StepSite, end: StepEnd, differences: readonly Difference[]): StepEnd {
  const stage = site.step.id
  if (differences.length > 0 && site.step.stage.deterministic !== false) {
    return site.failed({ kind: 'not-deterministic', step: stage, differences })
  }
  site.context.emit({ event: 'stage_compared', stage, differences })
  return end
}

function madeBy({ outputs }: StepEnd): Made {
  return {
    artifacts: Object.fromEntries(Object.entries(outputs).map(([name, { artifact }]) => [name, artifact])),
    pathOf: (output) => outputs[output]?.path ?? '',
  }
}

/** Executes a step and keeps nothing of it but its workspace, for as long as it is compared. */
async function executeApart(site: StepSite, workspaces: Workspace[]): Promise<ApartEnd> {
  const { pools, results, store, emit } = site.context
  emit({ event: 'stage_log', stage: site.step.id, level: 'info', line: 'executing the step again, to compare' })
  const { request, end } = await pools.run(claimOf(site), () => executeStep(site, 1, stepWatch(site), true))
  if (end.kind !== 'executed') return end
  const taken = results.take(request)
  const found = taken === undefined ? await fetchedResult(site, end) : { ok: true as const, value: taken }
  if (!found.ok) return { kind: 'failed', failure: found.error }
  const { workspace, staged } = found.value
  workspaces.push(workspace)
  await store.blobs.discard(staged)
  return { kind: 'made', made: { artifacts: end.outputs, pathOf: (output) => workspace.outputPaths[output] ?? '' } }
}

function differencesOf(first: Made, second: Made): readonly Difference[] {
  return Object.entries(first.artifacts).flatMap(([output, artifact]) => {
    const other = second.artifacts[output]
    const isSame = other?.digest.hash === artifact.digest.hash && other.executable === artifact.executable
    if (isSame) return []
    const { kind } = artifact
    return compareOutputs({ output, kind, first: first.pathOf(output), second: second.pathOf(output) })
  })
}
