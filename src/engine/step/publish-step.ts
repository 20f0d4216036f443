import type { ActionResult } from '../../../store/index.ts'
import { jobUnusable } from '../../core/index.ts'
import { keepEditsOf } from '../edits/keep-edits.ts'
import type { ExecutedEnd } from '../execute/executor.ts'
import type { Available } from '../execute/inputs.ts'
import type { Workspace } from '../execute/workspace.ts'
import type { ManifestParts } from '../job/manifest-file.ts'
import type { StepEnd } from '../schedule/wiring/step-end.ts'
import { publishStep } from '../site/publish-step.ts'
import type { StepSite } from '../site/step-site.ts'
import { recordResult } from './commit-result.ts'
import type { StepExecution } from './execute-step.ts'
import { fetchedResult } from './fetched-result.ts'
import type { StageLog } from './stage-log.ts'

/** Records a result, then renames the outputs into place: a crash in between is a hit for the next run. */
export async function recordStep(
  site: StepSite,
  { request, end }: StepExecution<ExecutedEnd>,
  log: StageLog,
  attempts: number,
): Promise<StepEnd> {
  const { store, emit, results, workspaces } = site.context
  const { key, step } = site.prepared
  const taken = results.take(request)
  const found = taken === undefined ? await fetchedResult(site, end) : { ok: true as const, value: taken }
  if (!found.ok) return site.failed(found.error)
  const { workspace, files } = found.value
  try {
    const result: ActionResult = {
      outputs: end.outputs,
      ...end.cost,
      ...end.ran,
      producedAt: new Date().toISOString(),
    }
    const recorded = await recordResult(site, found.value, result)
    try {
      await keepEditsOf(site)
      publishWithLog(site, workspace, log, { result, cache: recorded ? 'miss' : 'off', attempts })
    } catch (error) {
      return site.failed(jobUnusable(site.dir, error))
    }
    const outputs: Record<string, Available> = {}
    for (const [name, artifact] of Object.entries(end.outputs)) {
      outputs[name] = { artifact, path: site.pathOf(name) ?? site.dir }
    }
    for (const { path, digest, from } of files) {
      store.ledger.fileDigests.remember(`${site.dir}${path.slice(workspace.outDir.length)}`, digest, from)
    }
    const { durationMs, peakRssBytes, cpuTimeMs } = end.cost
    emit({
      event: 'stage_completed',
      stage: step.id,
      key,
      ...site.takePart,
      duration_ms: durationMs,
      ...(peakRssBytes === undefined ? {} : { peak_rss_bytes: peakRssBytes }),
      ...(cpuTimeMs === undefined ? {} : { cpu_time_ms: cpuTimeMs }),
      recorded,
    })
    return { outcome: { kind: 'executed', key, result, recorded }, outputs }
  } finally {
    workspaces.remove(workspace)
  }
}

/** Leaves a manifest that says why the step failed, and its log. */
export function publishFailure(
  site: StepSite,
  log: StageLog,
  parts: Required<Pick<ManifestParts, 'failure' | 'cost' | 'attempts'>>,
): void {
  const { workspaces } = site.context
  let workspace: Workspace | undefined
  try {
    workspace = workspaces.createEmpty(site.step.id)
    publishWithLog(site, workspace, log, { ...parts, cache: 'off' })
  } catch {
    // The user needs the failure itself; that its manifest could not be written adds nothing.
    return
  } finally {
    if (workspace !== undefined) workspaces.remove(workspace)
  }
}

function publishWithLog(
  site: StepSite,
  workspace: Workspace,
  log: StageLog,
  parts: Pick<ManifestParts, 'result' | 'failure' | 'cost' | 'cache' | 'attempts'>,
): void {
  log.moveInto(workspace.outDir)
  publishStep(site, workspace, parts)
  site.context.done.note(site, parts.cache)
}
