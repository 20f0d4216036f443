import { type BigIntStats, statSync } from 'node:fs'
import type { Digest } from './digest.ts'
import { askWorker, isPoolStarted } from './digest-pool.ts'
import { CarriedSystemError } from './digest-protocol.ts'
import type { StampedDigest } from './file-stamp.ts'
import { sameStamp, stampOf, statOf } from './file-stamp.ts'
import { type HashedBytes, hashSmallFile, packFiles, type SmallFile, unpackDigests } from './hash-many.ts'
import { errorCode, isSystemError } from './io-failure.ts'
import { err, ok, type Result } from './result.ts'
import type { FileStamp } from './store.ts'
import { streamFile } from './stream-file.ts'

/** The digest of a file and its stamp from before it was read, or the code of the system error that prevented it. */
export type HashedFile = Result<StampedDigest, string>

/** Up to this size a file is hashed by synchronous reads: 0.4 ms, less than a message to a thread and back. */
const smallBytesMax = 1024 * 1024

/** Up to this size a file is hashed on the main thread unless workers are running: starting one takes 40 ms. */
const streamHereBytesMax = 16 * 1024 * 1024

/**
 * A thread gets so many small files at once: enough to make messages cheap, and few enough to keep all threads busy.
 * 2,000 files took 67 ms in batches of 64, 23 in batches of 256 and 42 in batches of 1,024 on a busy machine.
 */
const batchMax = 256
const batchBytesMax = 16 * 1024 * 1024

/** Fewer and smaller ones than this are not worth a message to a thread. */
const batchHereMax = 64
const batchHereBytesMax = 1024 * 1024

/** A file that changes while it is read is read again, this often. */
const attemptsMax = 3

/** A file, and its stat of a moment ago. */
export interface FileToHash {
  readonly path: string
  readonly stats: BigIntStats
}

/**
 * Returns the digest of the file at `path`, whose stat was `stats` a moment ago, and the stamp of that stat. A small
 * file is hashed at once.
 */
export function hashFile(path: string, stats: BigIntStats | undefined = statOf(path)): Promise<HashedFile> {
  if (stats === undefined) return Promise.resolve(err(whyUnseen(path)))
  const stamp = stampOf(stats)
  const sizeBytes = Number(stats.size)
  if (sizeBytes > smallBytesMax) return hashLargeFile(path, sizeBytes, stamp)
  return Promise.resolve(stamped(hashSmallFile({ path, sizeBytes }), stamp))
}

/** Hashes files in worker threads if it is worth it; the threads begin while `files` still gives more. */
export async function hashFiles(files: Iterable<FileToHash>): Promise<readonly HashedFile[]> {
  const hashed: HashedFile[] = []
  const underWay: Promise<void>[] = []
  let batch = newBatch()
  let count = 0
  for (const { path, stats } of files) {
    const index = count++
    const sizeBytes = Number(stats.size)
    if (sizeBytes > smallBytesMax) {
      underWay.push(
        hashFile(path, stats).then((result) => {
          hashed[index] = result
        }),
      )
      continue
    }
    batch.files.push({ path, sizeBytes, stamp: stampOf(stats), index })
    batch.bytes += sizeBytes
    if (batch.files.length < batchMax && batch.bytes < batchBytesMax) continue
    underWay.push(hashBatch(batch, hashed))
    batch = newBatch()
  }
  underWay.push(hashBatch(batch, hashed))
  await Promise.all(underWay)
  return hashed
}

/** Small files that are hashed together; `index` is where the result of each belongs. */
interface Batch {
  readonly files: (SmallFile & { readonly stamp: FileStamp; readonly index: number })[]
  bytes: number
}

function newBatch(): Batch {
  return { files: [], bytes: 0 }
}

async function hashBatch({ files, bytes }: Batch, hashed: HashedFile[]): Promise<void> {
  const here = files.length <= batchHereMax && bytes <= batchHereBytesMax
  // Where threads cannot be had, the work is done all the same.
  const reply = here ? undefined : await askWorker({ kind: 'many', files: packFiles(files) }).catch(() => undefined)
  const digests = reply?.kind === 'many' ? unpackDigests(reply.digests) : []
  files.forEach((file, position) => {
    hashed[file.index] = stamped(digests[position] ?? hashSmallFile(file), file.stamp)
  })
}

/**
 * A small file is not looked at again after it was read: what was changed since its stat has another stamp now, so
 * that nobody takes this digest for that of the new content.
 */
function stamped(hashed: HashedBytes, stamp: FileStamp): HashedFile {
  return hashed.ok ? ok({ digest: hashed.value, stamp }) : hashed
}

/** Returns the code of the system error that hides the file at `path`. */
export function whyUnseen(path: string): string {
  try {
    statSync(path)
    return 'ENOENT'
  } catch (error) {
    // No file has a NUL in its name; of that Node says something else.
    return isSystemError(error) ? errorCode(error) : 'ENOENT'
  }
}

async function hashLargeFile(path: string, sizeBytes: number, stamp: FileStamp, attempt = 1): Promise<HashedFile> {
  try {
    const digest = await digestOf(path, sizeBytes)
    const after = statOf(path)
    if (after === undefined) return err('ENOENT')
    const stampAfter = stampOf(after)
    if (sameStamp(stamp, stampAfter)) return ok({ digest, stamp })
    return attempt === attemptsMax
      ? err(changedWhileRead)
      : hashLargeFile(path, Number(after.size), stampAfter, attempt + 1)
  } catch (error) {
    if (!isSystemError(error)) throw error
    return err(errorCode(error))
  }
}

/** The code of a file whose stat was another one after it was read. */
export const changedWhileRead = 'it changes while it is read'

async function digestOf(path: string, sizeBytes: number): Promise<Digest> {
  if (sizeBytes <= streamHereBytesMax && !isPoolStarted()) return streamFile(path)
  const reply = await askWorker({ kind: 'stream', path, target: undefined }).catch(() => undefined)
  if (reply?.kind === 'digest') return reply.digest
  if (reply?.kind === 'error') throw new CarriedSystemError(reply.error)
  return streamFile(path)
}
