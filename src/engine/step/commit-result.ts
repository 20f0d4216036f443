import {
  type ActionResult,
  describeStoreFailure,
  digestText,
  type Result,
  type StagedBlob,
  type StoreFailure,
} from '../../../store/index.ts'
import { bytesOf } from '../execute/inputs.ts'
import type { LocalResult } from '../execute/local-executor.ts'
import { stageOutput } from '../execute/outputs.ts'
import type { Workspace } from '../execute/workspace.ts'
import { actionRecordOf } from '../site/action-record.ts'
import type { StepSite } from '../site/step-site.ts'

/** What each run has said of a store that takes no results. */
const toldOf = new WeakMap<object, Set<string>>()

/** Commits a result to the store. Returns whether it is there; where it cannot be, the run goes on, and says so. */
export async function recordResult(site: StepSite, local: LocalResult, result: ActionResult): Promise<boolean> {
  const { store, emit } = site.context
  const why = await whyNotKept(site, local, result)
  if (typeof why === 'string') {
    emit({
      event: 'stage_log',
      stage: site.step.id,
      level: 'warn',
      line: `the result is not kept for later runs: ${why}`,
    })
    return false
  }
  if (why !== undefined) {
    const message = `results are not kept for later runs: ${describeStoreFailure(why)}`
    const told = toldOf.get(site.context) ?? new Set()
    if (!told.has(message)) emit({ event: 'pipeline_warning', message })
    toldOf.set(site.context, told.add(message))
    return false
  }
  for (const [output, artifact] of Object.entries(result.outputs)) {
    const digest = digestText(artifact.digest)
    emit({ event: 'artifact_stored', stage: site.step.id, output, digest, size_bytes: artifact.sizeBytes })
  }
  const inputBytes = bytesOf(site.prepared.inputs)
  store.ledger.durations.record(site.step.stage.name, site.prepared.device, {
    durationMs: result.durationMs,
    inputBytes,
  })
  return true
}

/** Commits a result, or drops what was staged of it; returns why, where the step or the store does not let it be kept. */
async function whyNotKept(
  site: StepSite,
  local: LocalResult,
  result: ActionResult,
): Promise<string | StoreFailure | undefined> {
  const { notCacheable } = site.prepared
  const { unrecorded, staged } = local
  if (notCacheable !== undefined || unrecorded !== undefined) {
    await site.context.store.blobs.discard(staged)
    return notCacheable ?? unrecorded
  }
  return commit(site, local, result)
}

/** Each attempt fails only if another collection came between, so this is more than enough. */
const restagingMax = 5

/** Returns why a result cannot be committed; what was staged of it is dropped then. */
async function commit(site: StepSite, local: LocalResult, result: ActionResult): Promise<StoreFailure | undefined> {
  const { actions, blobs } = site.context.store
  const record = actionRecordOf(site, result)
  let { staged } = local
  for (let left = restagingMax; ; left--) {
    const committed = await actions.commit(record, staged)
    if (committed.ok) return undefined
    await blobs.discard(staged)
    if (committed.error.kind !== 'blob-missing' || left === 0) return committed.error
    // A collection may remove a blob that was there when it was staged: everything is staged anew.
    const again = await stageAgain(site, local.workspace, result)
    if (!again.ok) return again.error
    staged = again.value
  }
}

async function stageAgain(
  site: StepSite,
  workspace: Workspace,
  result: ActionResult,
): Promise<Result<readonly StagedBlob[], StoreFailure>> {
  const { blobs } = site.context.store
  const staged: StagedBlob[] = []
  for (const [name, artifact] of Object.entries(result.outputs)) {
    const again = await stageOutput(blobs, artifact.kind, workspace.outputPaths[name] ?? '')
    if (!again.ok) {
      await blobs.discard(staged)
      return again
    }
    staged.push(...again.value.staged)
  }
  return { ok: true, value: staged }
}
