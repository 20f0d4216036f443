import { constants } from 'node:fs'
import { type FileHandle, open, rm } from 'node:fs/promises'
import { Blake3Hasher } from '../../contract/blake3.ts'
import type { CallOptions, FetchOptions } from '../../contract/cache-store.ts'
import type { Digest } from '../../contract/digest.ts'
import type { StoreFailure } from '../../contract/failure.ts'
import { err, ok, type Result } from '../../contract/result.ts'
import { errorCode, isSystemError } from '../../disk/io-failure.ts'
import { blobPath, packPath } from '../layout/remote-layout.ts'
import type { PlaceFailure } from '../place/object-place.ts'
import { markDamaged } from './damage.ts'
import { PieceWriter } from './piece-writer.ts'
import type { BlobSpot, RemoteSite } from './remote-site.ts'

const wrongBytes = 'the bytes that arrived are not those that its digest names'

/** Where a blob may be, the likeliest place first. */
export function spotsOf(site: RemoteSite, digest: Digest): readonly BlobSpot[] {
  const scopes = [...new Set([...site.readScopes, ...site.scopes])]
  return [...site.packsOf(digest), ...scopes.map((scope) => ({ scope }))]
}

export function objectOf({ scope, pack }: BlobSpot, { hash }: Digest): string {
  return pack === undefined ? blobPath(scope, hash) : packPath(scope, pack.hash)
}

/** How the bytes of a blob came: all and right, wrong ones, none, or in part. */
type Arrival =
  | { readonly kind: 'whole' | 'wrong' | 'absent' }
  | { readonly kind: 'broken'; readonly failure: PlaceFailure; readonly arrivedBytes: number }

/** The bytes go on being hashed from `start` on. */
interface Progress {
  readonly hasher: Blake3Hasher
  readonly start: number
}

/** Ends a reading of which more came than the digest says: it cannot be the blob, and might have no end. */
class TooMuch extends Error {}

async function arrive(
  site: RemoteSite,
  spot: BlobSpot,
  digest: Digest,
  { hasher, start }: Progress,
  take: (piece: Uint8Array) => void | Promise<void>,
  options: CallOptions,
): Promise<Arrival> {
  let at = start
  const { sizeBytes } = digest
  if (start < sizeBytes || sizeBytes === 0) {
    const pass = async (piece: Uint8Array) => {
      if (at + piece.byteLength > sizeBytes) throw new TooMuch()
      hasher.update(piece)
      await take(piece)
      at += piece.byteLength
    }
    // Of an object of its own the end is asked for, too, so that one that is too long shows.
    const part = spot.pack === undefined ? {} : { length: sizeBytes - start }
    const range = { from: (spot.pack?.offset ?? 0) + start, ...part }
    try {
      const read = await site.place.read(objectOf(spot, digest), pass, { ...options, ...range })
      if (!read.ok) return { kind: 'broken', failure: read.error, arrivedBytes: at }
      if (read.value === 'absent') return { kind: 'absent' }
    } catch (error) {
      if (!(error instanceof TooMuch)) throw error
      return { kind: 'wrong' }
    }
  }
  // Nothing at all is what stands in the place of a blob that was found damaged.
  if (at === 0 && sizeBytes > 0) return { kind: 'absent' }
  return { kind: at === sizeBytes && hasher.digest('hex') === digest.hash ? 'whole' : 'wrong' }
}

/** Returns the bytes of a small blob. */
export async function readRemoteBlob(
  site: RemoteSite,
  digest: Digest,
  options: CallOptions,
): Promise<Result<Uint8Array, StoreFailure>> {
  let worst: StoreFailure = { kind: 'blob-missing', hash: digest.hash }
  for (const spot of spotsOf(site, digest)) {
    const pieces: Uint8Array[] = []
    const keep = (piece: Uint8Array) => void pieces.push(Buffer.from(piece))
    const came = await arrive(site, spot, digest, { hasher: new Blake3Hasher(), start: 0 }, keep, options)
    if (came.kind === 'whole') return ok(Buffer.concat(pieces))
    if (came.kind === 'broken') return err(site.failure(came.failure))
    if (came.kind === 'wrong') {
      await markDamaged(site, spot, digest, options)
      worst = { kind: 'blob-corrupt', hash: digest.hash, what: wrongBytes }
    }
  }
  return err(worst)
}

/** Writes a blob into a file; see `CacheStore.fetch`. */
export async function fetchRemoteBlob(
  site: RemoteSite,
  digest: Digest,
  path: string,
  { fromBytes = 0, signal, onProgress }: FetchOptions,
): Promise<Result<void, StoreFailure>> {
  const opened = await openTarget(path)
  if (!opened.ok) return opened
  const handle = opened.value
  const options = signal === undefined ? {} : { signal }
  let worst: StoreFailure = { kind: 'blob-missing', hash: digest.hash }
  let movedBytes = 0
  try {
    let from = fromBytes
    for (const spot of spotsOf(site, digest)) {
      const progress = await hashStart(handle, Math.min(from, digest.sizeBytes))
      const writer = new PieceWriter(handle, progress.start)
      const write = async (piece: Uint8Array) => {
        await writer.add(piece)
        movedBytes += piece.byteLength
        onProgress?.(movedBytes)
        signal?.throwIfAborted()
      }
      const came = await arrive(site, spot, digest, progress, write, options)
      await writer.flush()
      switch (came.kind) {
        case 'whole':
          await handle.truncate(digest.sizeBytes)
          return ok(undefined)
        case 'broken': {
          const { failure, arrivedBytes } = came
          if (failure.kind !== 'broken') return err(site.failure(failure))
          await handle.truncate(arrivedBytes)
          return err({ kind: 'transfer-broken', hash: digest.hash, arrivedBytes, reason: failure.reason })
        }
        case 'wrong':
          worst = { kind: 'blob-corrupt', hash: digest.hash, what: wrongBytes }
          // What the file held before may be what was wrong.
          if (progress.start > 0) return err(worst)
          await markDamaged(site, spot, digest, options)
          break
        case 'absent':
          break
        default:
          came satisfies never
      }
      from = 0
    }
  } catch (error) {
    if (!isSystemError(error)) throw error
    return err({ kind: 'target-unwritable', path, code: errorCode(error) })
  } finally {
    await handle.close()
  }
  await rm(path, { force: true })
  return err(worst)
}

async function openTarget(path: string): Promise<Result<FileHandle, StoreFailure>> {
  try {
    return ok(await open(path, constants.O_RDWR | constants.O_CREAT | constants.O_NOFOLLOW, 0o600))
  } catch (error) {
    if (!isSystemError(error)) throw error
    return err({ kind: 'target-unwritable', path, code: errorCode(error) })
  }
}

/** Hashes what the file holds already, at most `bytes`. */
async function hashStart(handle: FileHandle, bytes: number): Promise<Progress> {
  const hasher = new Blake3Hasher()
  const block = Buffer.allocUnsafe(Math.min(bytes, 256 * 1024))
  let start = 0
  while (start < bytes) {
    const { bytesRead } = await handle.read(block, 0, Math.min(block.byteLength, bytes - start), start)
    if (bytesRead === 0) break
    hasher.update(block.subarray(0, bytesRead))
    start += bytesRead
  }
  return { hasher, start }
}
