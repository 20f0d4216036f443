import { dirname } from 'node:path'
import {
  type ActionResult,
  artifactIsAt,
  describeStoreFailure,
  digestText,
  indexRebuiltMemo,
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
import { findResult, missReasons, type PreparedStep } from './prepared-step.ts'
import { StepSite } from './step-site.ts'

/** What the store had for a step. */
export type Served =
  /** `by`: the step as the one who made the result prepared it, which may have been on another device. */
  | { readonly kind: 'served'; readonly end: StepEnd; readonly by: PreparedStep }
  | { readonly kind: 'miss'; readonly reasons: readonly Reason[] }

/** Materializes a step's result where the store has it; else tells why it has not. */
export function serveFromStore(site: StepSite): Promise<Served> {
  const { key, step } = site.prepared
  return site.context.tracing.span({
    name: 'cache look-up',
    parent: step.id,
    attributes: { 'reprise.step': step.id, 'reprise.key': key },
    work: () => lookUp(site),
    end: ({ kind }) => ({ attributes: { 'reprise.hit': kind === 'served' } }),
  })
}

async function lookUp(asked: StepSite): Promise<Served> {
  const { store, touched } = asked.context
  const { notCacheable, device } = asked.prepared
  if (notCacheable !== undefined) return missing({ kind: 'not-cacheable', because: notCacheable })
  let found = await findResult(store, asked.prepared)
  if (found.lookup.kind === 'absent' && store.ledger.memos.get(indexRebuiltMemo) !== undefined) {
    const { recoverResult } = await import('./recover.ts')
    if (await recoverResult(asked)) found = await findResult(store, asked.prepared)
  }
  const { by, lookup } = found
  if (lookup.kind !== 'hit') return { kind: 'miss', reasons: missReasons(asked.context, asked.prepared, lookup) }
  const site = by === asked.prepared ? asked : new StepSite(asked.context, by)
  const { key } = by
  const { result } = lookup.record
  const outputs: Record<string, Available> = {}
  for (const name of Object.keys(result.outputs)) {
    const artifact = result.outputs[name]
    if (artifact === undefined) continue
    const path = site.pathOf(name)
    if (path === undefined)
      return missing({ kind: 'corrupt', what: `an output '${name}' that the stage does not declare` })
    const placed = await place(site, name, artifact, path)
    if (!placed.ok)
      return placed.error.kind === 'failed' ? failed(site, placed.error.failure) : missing(placed.error.reason)
    outputs[name] = { artifact, path }
  }
  try {
    keepManifest(site, result, device)
    site.context.done.noteHit(site, result, outputs)
  } catch (error) {
    return failed(site, jobUnusable(site.dir, error))
  }
  touched.push(key)
  return { kind: 'served', end: hitEnd(site, result, outputs, device), by }
}

/** Says that a step has its result from the store, made on another device than the run's where that is so, and returns its end. */
export function hitEnd(
  { context, prepared, step }: StepSite,
  result: ActionResult,
  outputs: StepEnd['outputs'],
  wantedDevice: Device = prepared.device,
): StepEnd {
  const { key, device } = prepared
  const madeOn = device === wantedDevice ? {} : { device }
  context.emit({
    event: 'stage_skipped',
    stage: step.id,
    because: 'cached',
    key,
    saved_ms: result.durationMs,
    ...madeOn,
  })
  return { outcome: { kind: 'cached', key, result }, outputs }
}

function missing(reason: Reason): Served {
  return { kind: 'miss', reasons: [reason] }
}

function failed(site: StepSite, failure: Failure): Served {
  return { kind: 'served', end: site.failed(failure), by: site.prepared }
}

type Unplaced =
  | { readonly kind: 'miss'; readonly reason: Reason }
  | { readonly kind: 'failed'; readonly failure: Failure }

/** Sees to it that an artifact lies at `path`; what is right already is left alone, by its stat. */
async function place(
  site: StepSite,
  output: string,
  artifact: StoredArtifact,
  path: string,
): Promise<Result<void, Unplaced>> {
  const { store, emit, link } = site.context
  if (await artifactIsAt(store, artifact, path)) return { ok: true, value: undefined }
  // A run that was killed while it did the same may have left most of a film.
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
  site.rememberManifest('hit')
}
