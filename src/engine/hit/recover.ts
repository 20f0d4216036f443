import {
  digestText,
  indexRebuiltMemo,
  type StagedArtifact,
  type StagedBlob,
  type StoredArtifact,
} from '../../../store/index.ts'
import { type Manifest, normalOutput } from '../../core/index.ts'
import { stageOutput } from '../execute/outputs.ts'
import { readManifest } from '../job/manifest-file.ts'
import { toolVersions } from '../key/tool-probe.ts'
import { actionRecordOf } from '../site/action-record.ts'
import type { StepSite } from '../site/step-site.ts'
import { readText } from '../system/read-text.ts'

/**
 * Puts a result back that the store lost when its index was damaged: the job directory still holds it, and the
 * manifest of before tells for which action. That the action is the one of this run, its key says; that the outputs
 * are those of then, their digests say. Returns whether the store has it again.
 */
export async function recoverResult(site: StepSite): Promise<boolean> {
  const { store, emit } = site.context
  const rebuiltAt = store.readOnly ? undefined : store.ledger.memos.get(indexRebuiltMemo)
  if (typeof rebuiltAt !== 'string') return false
  const reading = await readManifest(site.dir)
  if (reading.kind !== 'read' || !isOfThen(site, reading.manifest, rebuiltAt)) return false
  const { manifest } = reading
  const taken = await takeOutputs(site, manifest)
  if (taken === undefined) return false
  const { device, tools, step } = site.prepared
  const { duration_ms: durationMs, peak_rss_bytes: peakRssBytes, cpu_time_ms: cpuTimeMs = null } = manifest
  const result = {
    outputs: taken.outputs,
    durationMs,
    ...(peakRssBytes === null ? {} : { peakRssBytes }),
    ...(cpuTimeMs === null ? {} : { cpuTimeMs }),
    device,
    tools: toolVersions(tools),
    producedAt: new Date(manifest.timestamp * 1000).toISOString(),
  }
  const committed = await store.actions.commit(actionRecordOf(site, result), taken.staged)
  if (!committed.ok) {
    await store.blobs.discard(taken.staged)
    return false
  }
  const line = 'the index of the store lost its result, so the result is taken from the job directory'
  emit({ event: 'stage_log', stage: step.id, level: 'info', line })
  return true
}

/** A result that was made later, and is not in the store, was removed from it. */
function isOfThen({ prepared }: StepSite, manifest: Manifest, rebuiltAt: string): boolean {
  const { action_key, cache, failure, last_checked_ts } = manifest
  return (
    action_key === prepared.key &&
    cache !== 'off' &&
    failure === undefined &&
    last_checked_ts <= Date.parse(rebuiltAt) / 1000
  )
}

interface TakenAgain {
  readonly outputs: Readonly<Record<string, StoredArtifact>>
  readonly staged: readonly StagedBlob[]
}

/** Returns the outputs as they lie in the job directory, if all of them are those of the manifest. */
async function takeOutputs(site: StepSite, manifest: Manifest): Promise<TakenAgain | undefined> {
  const { blobs } = site.context.store
  const outputs: Record<string, StoredArtifact> = {}
  const staged: StagedBlob[] = []
  for (const [name, declaration] of Object.entries(site.step.stage.outputs)) {
    const one = await takeOutput(site, name, normalOutput(declaration).kind)
    if (one !== undefined) staged.push(...one.staged)
    const recorded = manifest.output_artifacts[name]
    if (one === undefined || recorded?.digest !== digestText(one.artifact.digest)) {
      await blobs.discard(staged)
      return undefined
    }
    outputs[name] = one.artifact
  }
  return { outputs, staged }
}

async function takeOutput(
  site: StepSite,
  name: string,
  kind: StoredArtifact['kind'],
): Promise<StagedArtifact | undefined> {
  const path = site.pathOf(name) ?? ''
  if (kind === 'json' && readText(path) === undefined) return undefined
  const staged = await stageOutput(site.context.store.blobs, kind, path)
  return staged.ok ? staged.value : undefined
}
