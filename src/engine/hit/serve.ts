import { dirname } from 'node:path'
import {
  type ActionResult,
  artifactIsAt,
  describeStoreFailure,
  digestText,
  type Materialized,
  type MaterializeMethod,
  materializeArtifact,
  type Result,
  removeAbandoned,
  type StoredArtifact,
  type StoreFailure,
  shortDigest,
  writeAtomically,
} from '../../../store/index.ts'
import { type Device, type Failure, jobUnusable, type Reason } from '../../core/index.ts'
import type { Available } from '../execute/inputs.ts'
import type { StepEnd } from '../schedule/step-end.ts'
import { StepSite } from '../site/step-site.ts'

import { hitOrMiss, hitOrMissNow, type Miss, miss } from './hit-or-miss.ts'

/** What the store had for a step. */
export type Served = { readonly kind: 'served'; readonly end: StepEnd } | Miss

/** Serves a hit without a lookup, whose artifacts are all in place. */
export function serveInPlace(site: StepSite): StepEnd | undefined {
  const now = hitOrMissNow(site.context, site.prepared, site)
  return now?.kind === 'hit' ? servedEnd(site, now.result) : undefined
}

/** Puts a step's result in place if the store has it; else returns why it has not. */
export async function serveFromStore(site: StepSite): Promise<Served> {
  const { context, prepared } = site
  const { key, step } = prepared
  // Nothing is looked up.
  if (context.selected.forces(step.name)) return serve(site)
  return context.tracing.span({
    name: 'cache look-up',
    parent: step.id,
    attributes: { 'reprise.step': step.id, 'reprise.key': key },
    work: () => serve(site),
    end: ({ kind }) => ({ attributes: { 'reprise.hit': kind === 'served' } }),
  })
}

async function serve(asked: StepSite): Promise<Served> {
  const found = await hitOrMiss(asked.context, asked.prepared, asked)
  if (found.kind === 'miss') return found
  const { result, by } = found
  const site = by === asked.prepared ? asked : new StepSite(asked.context, by)
  const { device } = asked.prepared
  for (const [name, artifact] of Object.entries(result.outputs)) {
    const path = site.pathOf(name)
    if (path === undefined)
      return miss({ kind: 'corrupt', what: `an output '${name}' that the stage does not declare` })
    const placed = await place(site, name, artifact, path)
    if (!placed.ok)
      return placed.error.kind === 'failed' ? failed(site, placed.error.failure) : miss(placed.error.reason)
  }
  try {
    keepManifest(site, result, device)
    site.context.done.note(site, 'hit', result)
  } catch (error) {
    return failed(site, jobUnusable(site.dir, error))
  }
  return { kind: 'served', end: servedEnd(site, result, device) }
}

/** Reports that a step's result came from the store, and its device if it is not the run's. */
function servedEnd(site: StepSite, result: ActionResult, wantedDevice = site.prepared.device): StepEnd {
  const { context, prepared, step } = site
  const { key, device } = prepared
  const outputs: Record<string, Available> = {}
  for (const name of Object.keys(result.outputs)) {
    const artifact = result.outputs[name]
    const path = site.pathOf(name)
    if (artifact !== undefined && path !== undefined) outputs[name] = { artifact, path }
  }
  context.emit({
    event: 'stage_skipped',
    stage: step.id,
    because: 'cached',
    key,
    saved_ms: result.durationMs,
    ...(device === wantedDevice ? {} : { device }),
  })
  context.used.addHit(prepared)
  return { outcome: { kind: 'cached', key, result }, outputs }
}

function failed(site: StepSite, failure: Failure): Served {
  return { kind: 'served', end: site.failed(failure) }
}

type Unplaced =
  | { readonly kind: 'miss'; readonly reason: Reason }
  | { readonly kind: 'failed'; readonly failure: Failure }

/** Makes sure that an artifact is at `path`; leaves it alone if its stat shows that it is right. */
async function place(
  site: StepSite,
  output: string,
  artifact: StoredArtifact,
  path: string,
): Promise<Result<void, Unplaced>> {
  const { store, emit, link } = site.context
  if (await artifactIsAt(store, artifact, path)) return { ok: true, value: undefined }
  // A run that was killed here may have left most of a film.
  removeAbandoned(dirname(path))
  const materialized = await materializeArtifact(store, artifact, path, { link })
  if (!materialized.ok) return { ok: false, error: unplaced(site, materialized.error) }
  const how = mainMethod(materialized.value)
  emit({ event: 'artifact_materialized', stage: site.step.id, output, digest: digestText(artifact.digest), path, how })
  return { ok: true, value: undefined }
}

/** Returns the method by which most bytes came; an empty tree came by none, and counts as written from the index. */
function mainMethod({ methods }: Materialized): MaterializeMethod {
  let main: { how: MaterializeMethod; bytes: number } = { how: 'inline', bytes: -1 }
  for (const how of ['reflink', 'copy', 'hardlink', 'inline'] as const) {
    const bytes = methods[how]?.bytes ?? -1
    if (bytes > main.bytes) main = { how, bytes }
  }
  return main.how
}

function unplaced(site: StepSite, failure: StoreFailure): Unplaced {
  switch (failure.kind) {
    case 'blob-corrupt':
      return { kind: 'miss', reason: { kind: 'corrupt', what: `${shortDigest(failure)}, ${failure.what}` } }
    case 'blob-missing':
      return { kind: 'miss', reason: { kind: 'missing', what: shortDigest(failure) } }
    case 'target-unwritable': {
      if (failure.code === 'ENOSPC')
        return { kind: 'failed', failure: { kind: 'disk-full', step: site.step.id, path: site.dir } }
      const error = Object.assign(new Error(failure.kind), { code: failure.code })
      return { kind: 'failed', failure: jobUnusable(site.dir, error) }
    }
    default:
      return { kind: 'miss', reason: { kind: 'corrupt', what: describeStoreFailure(failure) } }
  }
}

/** Writes the manifest of a hit, unless the one that is there already says so and is younger than an hour. */
function keepManifest(site: StepSite, result: ActionResult, wantedDevice: Device): void {
  if (site.context.done.isManifestOfHit(site)) return
  writeAtomically(site.manifestPath, site.manifestText({ result, cache: 'hit', attempts: 0, wantedDevice }))
}
