import {
  type ActionRecord,
  type ActionResult,
  describeStoreFailure,
  type Result,
  type StagedBlob,
  type StoreFailure,
} from '../../store/index.ts'
import { normalOutput, outputPath } from '../core/index.ts'
import type { Executed } from './executor.ts'
import { bytesOf, digestText } from './inputs.ts'
import { stageOutput } from './outputs.ts'
import type { StepSite } from './step-site.ts'
import type { Workspace } from './workspace.ts'

/** Commits a result to the store. Returns whether it is there; where it cannot be, the run goes on, and says so. */
export async function recordResult(
  site: StepSite,
  workspace: Workspace,
  executed: Executed,
  result: ActionResult,
): Promise<boolean> {
  const { store, emit } = site.context
  const { notCacheable } = site.prepared
  if (notCacheable !== undefined) {
    await store.blobs.discard(executed.staged)
    const line = `the result is not kept for later runs: ${notCacheable}`
    emit({ event: 'stage_log', stage: site.step.id, level: 'warn', line })
    return false
  }
  const failure = executed.unrecorded ?? (await commit(site, workspace, executed, result))
  if (failure !== undefined) {
    await store.blobs.discard(executed.staged)
    const line = `the result is not kept for later runs: ${describeStoreFailure(failure)}`
    emit({ event: 'stage_log', stage: site.step.id, level: 'warn', line })
    return false
  }
  for (const [output, artifact] of Object.entries(executed.outputs)) {
    const digest = digestText(artifact)
    emit({ event: 'artifact_stored', stage: site.step.id, output, digest, size_bytes: artifact.sizeBytes })
  }
  const inputBytes = bytesOf(site.prepared.inputs)
  store.durations.record(site.step.stage.name, site.prepared.device, { durationMs: result.durationMs, inputBytes })
  return true
}

/** Returns the record of the step's action with that result. */
export function actionRecordOf({ context, prepared }: StepSite, result: ActionResult): ActionRecord {
  const { key, action, step } = prepared
  const files = Object.fromEntries(
    Object.entries(step.stage.outputs).map(([name, declaration]) => [
      name,
      outputPath(name, normalOutput(declaration)),
    ]),
  )
  const labels = { pipeline: context.graph.pipeline, step: step.id, job: context.jobDir, files }
  return { key, action, result, labels }
}

/** Each time another collection must have come between, so this is more than there ever are. */
const restagingMax = 5

async function commit(
  site: StepSite,
  workspace: Workspace,
  executed: Executed,
  result: ActionResult,
): Promise<StoreFailure | undefined> {
  const { store } = site.context
  const record = actionRecordOf(site, result)
  let committed = await store.actions.commit(record, executed.staged)
  // A collection may remove a blob that was there when it was staged: everything is staged anew.
  for (let left = restagingMax; left > 0 && !committed.ok && committed.error.kind === 'blob-missing'; left--) {
    const again = await stageAgain(site, workspace, result)
    committed = again.ok ? await store.actions.commit(record, again.value) : again
  }
  return committed.ok ? undefined : committed.error
}

async function stageAgain(
  site: StepSite,
  workspace: Workspace,
  result: ActionResult,
): Promise<Result<readonly StagedBlob[], StoreFailure>> {
  const staged: StagedBlob[] = []
  for (const [name, artifact] of Object.entries(result.outputs)) {
    const again = await stageOutput(site.context.store.blobs, artifact.kind, workspace.outputPaths[name] ?? '')
    if (!again.ok) return again
    staged.push(...again.value.staged)
  }
  return { ok: true, value: staged }
}
