import { statSync } from 'node:fs'
import type { Digest } from '../contract/digest.ts'
import type { FileStamp, StampedDigest } from '../contract/file-digests.ts'
import { err, ok, type Result } from '../contract/result.ts'
import { sameStamp, stampAt } from '../disk/file-stamp.ts'
import { errorCode, isSystemError, SystemError } from '../disk/io-failure.ts'
import { askWorker, isPoolStarted } from './digest-pool.ts'
import { type HashedBytes, hashSmallFile, packFiles, type SmallFile, unpackDigests } from './hash-many.ts'
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

/** A file, and its size and stamp of a moment ago. */
export interface FileToHash extends SmallFile {
  readonly stamp: FileStamp
}

/**
 * Returns the digest of the file at `path`, whose stat had this stamp a moment ago, and that stamp. A small file is
 * hashed at once.
 */
export function hashFile(path: string, stamp: FileStamp | undefined = stampAt(path)): Promise<HashedFile> {
  if (stamp === undefined) return Promise.resolve(err(whyUnseen(path)))
  const sizeBytes = Number(stamp.sizeBytes)
  if (sizeBytes > smallBytesMax) return hashLargeFile(path, sizeBytes, stamp)
  return Promise.resolve(stamped(hashSmallFile({ path, sizeBytes }), stamp))
}

/**
 * Hashes files in worker threads if it is worth it, and gives each to `take` as soon as it is hashed; the threads begin
 * while `files` still gives more. Of each file no more is kept than `files` gave: what outlives a thousand files is what
 * the collector of garbage has to copy.
 */
export async function hashFiles<File extends FileToHash>(
  files: Iterable<File>,
  take: (file: File, hashed: HashedFile) => void,
): Promise<void> {
  const underWay: Promise<void>[] = []
  let batch: File[] = []
  let batchBytes = 0
  for (const file of files) {
    const { sizeBytes } = file
    if (sizeBytes > smallBytesMax) {
      underWay.push(hashFile(file.path, file.stamp).then((hashed) => take(file, hashed)))
      continue
    }
    batch.push(file)
    batchBytes += sizeBytes
    if (batch.length < batchMax && batchBytes < batchBytesMax) continue
    underWay.push(hashBatch(batch, batchBytes, take))
    batch = []
    batchBytes = 0
  }
  underWay.push(hashBatch(batch, batchBytes, take))
  await Promise.all(underWay)
}

async function hashBatch<File extends FileToHash>(
  batch: readonly File[],
  bytes: number,
  take: (file: File, hashed: HashedFile) => void,
): Promise<void> {
  const here = batch.length <= batchHereMax && bytes <= batchHereBytesMax
  // Where threads cannot be had, the work is done all the same.
  const reply = here ? undefined : await askWorker({ kind: 'many', files: packFiles(batch) }).catch(() => undefined)
  const digests = reply?.kind === 'many' ? unpackDigests(reply.digests) : []
  batch.forEach((file, index) => {
    take(file, stamped(digests[index] ?? hashSmallFile(file), file.stamp))
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
    const after = stampAt(path)
    if (after === undefined) return err('ENOENT')
    if (sameStamp(stamp, after)) return ok({ digest, stamp })
    return attempt === attemptsMax
      ? err(changedWhileRead)
      : hashLargeFile(path, Number(after.sizeBytes), after, attempt + 1)
  } catch (error) {
    if (!isSystemError(error)) throw error
    return err(errorCode(error))
  }
}

/** The code of a file whose stat was another one after it was read. */
export const changedWhileRead = 'it changes while it is read'

async function digestOf(path: string, sizeBytes: number): Promise<Digest> {
  if (sizeBytes <= streamHereBytesMax && !isPoolStarted()) return streamFile(path)
  const reply = await askWorker({ kind: 'stream', path, sizeBytes, target: undefined }).catch(() => undefined)
  if (reply?.kind === 'digest') return reply.digest
  if (reply?.kind === 'error') throw new SystemError(reply.error.code, reply.error.message)
  return streamFile(path)
}
