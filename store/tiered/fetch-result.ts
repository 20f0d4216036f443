import { chmod, open } from 'node:fs/promises'
import { blobFileMode, discardStaged, stageBytes, stageBytesAsFile } from '../blobs/staging.ts'
import type { ActionRecord, FetchedFrom, NotFetched } from '../contract/action-cache.ts'
import type { StagedBlob } from '../contract/blob-store.ts'
import type { CallOptions } from '../contract/cache-store.ts'
import { type Digest, distinct } from '../contract/digest.ts'
import type { StoreFailure } from '../contract/failure.ts'
import { err, ok, type Result } from '../contract/result.ts'
import { isSystemError, storeIoFailure } from '../disk/io-failure.ts'
import { newTmpPath } from '../disk/layout.ts'
import { makeDirectory } from '../disk/make-directory.ts'
import type { DirectoryStore } from '../local/directory-store.ts'
import { eachAtOnce } from '../remote/cache/at-once.ts'
import { outputBlobs } from '../remote/cache/output-blobs.ts'
import { readPacks } from '../remote/cache/packs.ts'
import type { RemoteCache } from '../remote/cache/remote-cache.ts'
import type { TransferRate } from './transfer-rate.ts'

/** Small blobs are kept in memory until they are committed, up to this sum. */
const memoryBytesMax = 32 * 1024 * 1024
/** How often a transfer is resumed that broke off. */
const resumptionsMax = 3

/** A result that a remote has. */
export interface RemoteHit {
  readonly record: ActionRecord
  readonly scope: string
}

interface Fetching {
  readonly local: DirectoryStore
  readonly remote: RemoteCache
  readonly rate: TransferRate
  /** Whether to fetch even what takes longer than computing: a person asked for it. */
  readonly atAnyCost?: boolean
}

/** Ends a transfer that would take longer than computing. */
class TooSlow extends Error {
  readonly fetchMs: number

  constructor(fetchMs: number) {
    super('it would take longer than computing')
    this.fetchMs = fetchMs
  }
}

/** Brings a result of a remote into the local store, blobs and action at once. */
export async function fetchResult(
  { local, remote, rate, atAnyCost = false }: Fetching,
  { record, scope }: RemoteHit,
  options: CallOptions,
): Promise<Result<FetchedFrom, StoreFailure | NotFetched>> {
  const began = performance.now()
  const needed = await outputBlobs(remote.site, record, options)
  const digests = distinct(needed.blobs.map(({ digest }) => digest))
  const missing = await local.findMissing(digests)
  if (!missing.ok) return missing
  const bytes = missing.value.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0)
  const { durationMs: computeMs } = record.result
  const tooLongMs = atAnyCost ? undefined : rate.tooLong(bytes, computeMs)
  if (tooLongMs !== undefined) return err({ why: 'slower', bytes, fetchMs: tooLongMs, computeMs })
  const slow = new AbortController()
  const signal = options.signal === undefined ? slow.signal : AbortSignal.any([options.signal, slow.signal])
  const moved = new Map<string, number>()
  const onProgress = (hash: string, sum: number) => {
    moved.set(hash, sum)
    const all = [...moved.values()].reduce((total, part) => total + part, 0)
    if (atAnyCost) return
    const fetchMs = rate.isTooLong({ bytes: all, of: bytes, ms: performance.now() - began }, computeMs)
    if (fetchMs !== undefined) slow.abort(new TooSlow(fetchMs))
  }
  const gone = new Set(missing.value.map(({ hash }) => hash))
  const staged: StagedBlob[] = digests
    .filter(({ hash }) => !gone.has(hash))
    .map((digest) => ({ where: 'present', digest }))
  try {
    const done = await stageAll({ local, remote }, missing.value, staged, { signal, onProgress })
    const labels = { ...record.labels, from: `${remote.name} (${scope})` }
    const committed = done.ok ? await local.actions.commit({ ...record, labels }, staged) : done
    if (!committed.ok) {
      discardStaged(staged)
      return committed
    }
  } catch (error) {
    discardStaged(staged)
    if (error instanceof TooSlow) return err({ why: 'slower', bytes, fetchMs: error.fetchMs, computeMs })
    throw error
  }
  const durationMs = performance.now() - began
  rate.note(bytes, durationMs)
  return ok({ remote: remote.name, scope, bytes, durationMs: Math.round(durationMs) })
}

async function stageAll(
  { local, remote }: Pick<Fetching, 'local' | 'remote'>,
  missing: readonly Digest[],
  staged: StagedBlob[],
  { signal, onProgress }: { readonly signal: AbortSignal; readonly onProgress: (hash: string, bytes: number) => void },
): Promise<Result<unknown, StoreFailure>> {
  const { context } = local
  let memoryBytes = 0
  /** Copies the bytes: those of a pack would keep all of it in memory. */
  const stageSmall = (digest: Digest, bytes: Uint8Array) => {
    memoryBytes += bytes.byteLength
    const inMemory = digest.sizeBytes <= context.inlineBytesMax && memoryBytes <= memoryBytesMax
    staged.push(inMemory ? stageBytes(context, new Uint8Array(bytes)) : stageBytesAsFile(context, digest, bytes))
    onProgress(digest.hash, bytes.byteLength)
  }
  const left = new Map(missing.map((digest) => [digest.hash, digest]))
  await readPacks(
    remote.site,
    new Set(left.keys()),
    (hash, bytes) => {
      const digest = left.get(hash)
      if (digest === undefined || digest.sizeBytes !== bytes.byteLength) return
      left.delete(hash)
      stageSmall(digest, bytes)
    },
    { signal },
  )
  return eachAtOnce([...left.values()], remote.site.place.atOnce, async (digest) => {
    if (digest.sizeBytes <= context.inlineBytesMax) {
      const read = await remote.read(digest, { signal })
      if (!read.ok) return read
      stageSmall(digest, read.value)
      return ok(undefined)
    }
    const path = newTmpPath(context.layout)
    const blob: StagedBlob = { where: 'file', digest, path }
    // It is removed with the others where this fails.
    staged.push(blob)
    return fetchLarge({ local, remote }, digest, path, {
      signal,
      onProgress: (bytes) => onProgress(digest.hash, bytes),
    })
  })
}

/** Fetches a blob into a file under `tmp/`, durably, and resumes a transfer that breaks off. */
async function fetchLarge(
  { local, remote }: Pick<Fetching, 'local' | 'remote'>,
  digest: Digest,
  path: string,
  { signal, onProgress }: { readonly signal: AbortSignal; readonly onProgress: (bytes: number) => void },
): Promise<Result<void, StoreFailure>> {
  const { layout } = local.context
  try {
    makeDirectory(layout.tmp, 0o700)
    let fromBytes = 0
    for (let left = resumptionsMax; ; left--) {
      const start = fromBytes
      const fetched = await remote.fetch(digest, path, {
        signal,
        fromBytes,
        onProgress: (bytes) => onProgress(start + bytes),
      })
      if (fetched.ok) break
      if (fetched.error.kind !== 'transfer-broken' || left === 0) return fetched
      fromBytes = fetched.error.arrivedBytes
    }
    const handle = await open(path, 'r+')
    await handle.datasync().finally(() => handle.close())
    await chmod(path, blobFileMode)
    return ok(undefined)
  } catch (error) {
    if (!isSystemError(error)) throw error
    return err(storeIoFailure(layout.dir, 'write tmp', error))
  }
}
