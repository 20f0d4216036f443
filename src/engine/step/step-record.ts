import { mkdirSync } from 'node:fs'
import type { ActionResult } from '../../../store/index.ts'
import { jobUnusable } from '../../core/index.ts'
import type { Executed } from '../execute/executor.ts'
import type { Available } from '../execute/inputs.ts'
import { publish, type Workspace } from '../execute/workspace.ts'
import type { ManifestParts } from '../job/manifest-file.ts'
import { toolVersions } from '../key/tool-probe.ts'
import type { StepEnd } from '../schedule/scheduler.ts'
import { removeTree } from '../system/remove-tree.ts'
import { recordResult } from './record.ts'
import type { StepSite } from './step-site.ts'

/** Records a result, then renames the outputs into place: a crash in between is a hit for the next run. */
export async function recordStep(
  site: StepSite,
  workspace: Workspace,
  executed: Executed,
  attempts: number,
): Promise<StepEnd> {
  const { store, emit } = site.context
  const { key, device, tools, step } = site.prepared
  const { durationMs, peakRssBytes, cpuTimeMs } = executed.cost
  const result: ActionResult = {
    outputs: executed.outputs,
    ...executed.cost,
    device,
    tools: toolVersions(tools),
    producedAt: new Date().toISOString(),
  }
  const recorded = await recordResult(site, workspace, executed, result)
  try {
    publishStep(site, workspace, { result, cache: recorded ? 'miss' : 'off', attempts })
  } catch (error) {
    return site.failed(jobUnusable(site.dir, error))
  }
  const outputs: Record<string, Available> = {}
  for (const [name, artifact] of Object.entries(executed.outputs)) {
    outputs[name] = { artifact, path: site.pathOf(name) ?? site.dir }
  }
  for (const { path, digest, from } of executed.files) {
    store.ledger.fileDigests.remember(`${site.dir}${path.slice(workspace.outDir.length)}`, digest, from)
  }
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
}

/** Leaves a manifest that says why the step failed, and its log. */
export function publishFailure(
  site: StepSite,
  workspace: Workspace,
  parts: Required<Pick<ManifestParts, 'failure' | 'cost' | 'attempts'>>,
): void {
  try {
    removeTree(workspace.outDir)
    mkdirSync(workspace.outDir, { recursive: true })
    publishStep(site, workspace, { ...parts, cache: 'off' })
  } catch {
    // The failure itself is what the user must hear of; that its manifest could not be written adds nothing.
    return
  }
}

function publishStep(
  site: StepSite,
  workspace: Workspace,
  parts: Pick<ManifestParts, 'result' | 'failure' | 'cost' | 'cache' | 'attempts'>,
): void {
  const text = site.manifestText(parts)
  publish(workspace, site.dir, text)
  site.rememberManifest(parts.cache)
}
