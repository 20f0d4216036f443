import { chmodSync, linkSync, mkdirSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import {
  type ActionResult,
  artifactIsAt,
  describeStoreFailure,
  digestText,
  type FetchedFrom,
  type Materialized,
  type MaterializeMethod,
  materializeArtifact,
  type Result,
  type StoreFailure,
  shortDigest,
} from '../../../store/index.ts'
import { type Device, type EventBody, type Failure, jobUnusable, type Reason } from '../../core/index.ts'
import { keepEditsOf } from '../edits/keep-edits.ts'
import type { Available } from '../execute/inputs.ts'
import type { StepEnd } from '../schedule/wiring/step-end.ts'
import { publishStep } from '../site/publish-step.ts'
import { StepSite } from '../site/step-site.ts'
import { type Hit, hitOrMiss, hitOrMissNow, type Miss, miss } from './hit-or-miss.ts'

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
  const { result, by, fetched } = found
  const site = by === asked.prepared ? asked : new StepSite(asked.context, by)
  const { device } = asked.prepared
  const undeclared = Object.keys(result.outputs).find((name) => site.pathOf(name) === undefined)
  if (undeclared !== undefined)
    return miss({ kind: 'corrupt', what: `an output '${undeclared}' that the stage does not declare` })
  try {
    const inPlace = await outputsInPlace(site, result)
    const isWhole = inPlace.size === Object.keys(result.outputs).length && keepManifest(site, result, device, fetched)
    const put = isWhole ? undefined : await putInPlace(site, { result, fetched }, inPlace, device)
    if (put?.ok === false) return put.error.kind === 'failed' ? failed(site, put.error.failure) : miss(put.error.reason)
    site.context.done.note(site, 'hit', result)
  } catch (error) {
    return failed(site, jobUnusable(site.dir, error))
  }
  return { kind: 'served', end: servedEnd(site, result, device, fetched) }
}

/** Reports that a step's result came from the store, and its device if it is not the run's. */
function servedEnd(
  site: StepSite,
  result: ActionResult,
  wantedDevice = site.prepared.device,
  fetched?: FetchedFrom,
): StepEnd {
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
    ...(fetched === undefined ? {} : fetchedPart(fetched)),
  })
  context.used.addHit(prepared)
  return { outcome: { kind: 'cached', key, result }, outputs }
}

function fetchedPart({ remote, scope, bytes, durationMs }: FetchedFrom) {
  return { remote, scope, fetched_bytes: bytes, fetch_ms: durationMs }
}

function failed(site: StepSite, failure: Failure): Served {
  return { kind: 'served', end: site.failed(failure) }
}

type Unplaced =
  | { readonly kind: 'miss'; readonly reason: Reason }
  | { readonly kind: 'failed'; readonly failure: Failure }

/** Returns the names of the outputs that are at their places already, as a stat mostly shows. */
async function outputsInPlace(site: StepSite, { outputs }: ActionResult): Promise<ReadonlySet<string>> {
  const inPlace = new Set<string>()
  for (const [name, artifact] of Object.entries(outputs)) {
    const path = site.pathOf(name)
    if (path !== undefined && (await artifactIsAt(site.context.store, artifact, path))) inPlace.add(name)
  }
  return inPlace
}

/** Puts a result in the step's place, all of it at once. Throws what the file system throws. */
async function putInPlace(
  site: StepSite,
  { result, fetched }: Pick<Hit, 'result' | 'fetched'>,
  inPlace: ReadonlySet<string>,
  wantedDevice: Device,
): Promise<Result<void, Unplaced>> {
  const { store, emit, link, workspaces } = site.context
  await keepEditsOf(site)
  const workspace = workspaces.createEmpty(site.step.id)
  try {
    const isPrivate = Object.values(result.outputs).some(({ modes }) => modes !== undefined)
    const mode = isPrivate ? statSync(workspace.outDir).mode : undefined
    // Permissions are as they were only when all is complete.
    if (isPrivate) chmodSync(workspace.outDir, 0o700)
    const files: Materialized['files'][number][] = []
    const events: EventBody[] = []
    for (const [name, artifact] of Object.entries(result.outputs)) {
      const path = site.pathOf(name) ?? ''
      const inside = `${workspace.outDir}${path.slice(site.dir.length)}`
      const { digest } = artifact
      if (dirname(inside) !== workspace.outDir) mkdirSync(dirname(inside), { recursive: true })
      if (inPlace.has(name) && artifact.kind !== 'tree' && isLinked(path, inside)) {
        files.push({ path: inside, digest })
        continue
      }
      const materialized = await materializeArtifact(store, artifact, inside, { link, inPrivate: true })
      if (!materialized.ok) return { ok: false, error: unplaced(site, materialized.error) }
      files.push(...materialized.value.files)
      if (inPlace.has(name)) continue
      const how = mainMethod(materialized.value)
      const stage = site.step.id
      events.push({ event: 'artifact_materialized', stage, output: name, digest: digestText(digest), path, how })
    }
    if (mode !== undefined) chmodSync(workspace.outDir, mode)
    publishStep(site, workspace, { result, cache: 'hit', attempts: 0, wantedDevice, fetched })
    for (const { path, digest } of files) {
      store.ledger.fileDigests.remember(`${site.dir}${path.slice(workspace.outDir.length)}`, digest)
    }
    for (const event of events) emit(event)
    return { ok: true, value: undefined }
  } finally {
    workspaces.remove(workspace)
  }
}

/** A large file that is right is not copied again. */
function isLinked(path: string, inside: string): boolean {
  try {
    linkSync(path, inside)
    return true
  } catch {
    return false
  }
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

/**
 * Writes the manifest of a hit whose outputs are in place, unless the one that is there says so and is younger than an
 * hour. Returns false where it would be written through a link.
 */
function keepManifest(site: StepSite, result: ActionResult, wantedDevice: Device, fetched?: FetchedFrom): boolean {
  const { done, directories } = site.context
  if (fetched === undefined && done.isManifestOfHit(site)) return true
  const parts = { result, cache: 'hit' as const, attempts: 0, wantedDevice, fetched }
  return directories.writeManifest(site.dir, site.manifestText(parts))
}
