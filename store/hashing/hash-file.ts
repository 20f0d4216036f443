import { statSync } from 'node:fs'
import type { Digest } from '../contract/digest.ts'
import type { FileStamp, StampedDigest } from '../contract/local/file-digests.ts'
import { err, ok, type Result } from '../contract/result.ts'
import { sameStamp, stampAt } from '../disk/file-stamp.ts'
import { errorCode, isSystemError, SystemError } from '../disk/io-failure.ts'
import { askWorker, isPoolStarted } from './digest-pool.ts'
import { type HashedBytes, hashedFiles, hashSmallFile, manyFiles, type SmallFile } from './hash-many.ts'
import { streamFile } from './stream-file.ts'

/** The digest of a file and its stamp from before it was read, or the code of the system error that prevented it. */
export type HashedFile = Result<StampedDigest, string>

/** Up to this size a file is hashed by synchronous reads: 0.4 ms, less than a message to a worker thread and back. */
const smallBytesMax = 1024 * 1024

/** Up to this size the main thread hashes a file, unless worker threads are running: starting one takes 40 ms. */
const streamHereBytesMax = 16 * 1024 * 1024

/** Small files in one message to a worker thread. 2,000 files took 67 ms by 64, 23 by 256 and 42 by 1,024. */
const batchMax = 256
const batchBytesMax = 16 * 1024 * 1024

/** Up to this many small files are hashed here: they are not worth a message. */
const batchHereMax = 64
const batchHereBytesMax = 1024 * 1024

/** How often a file is read that changes while it is read. */
const attemptsMax = 3

export interface FileToHash extends SmallFile {
  readonly stamp: FileStamp
}

/** Returns the digest of the file at `path`, which had this stamp a moment ago; a small file is hashed at once. */
export function hashFile(path: string, stamp: FileStamp | undefined = stampAt(path)): Promise<HashedFile> {
  if (stamp === undefined) return Promise.resolve(err(whyUnseen(path)))
  const sizeBytes = Number(stamp.sizeBytes)
  if (sizeBytes > smallBytesMax) return hashLargeFile(path, sizeBytes, stamp)
  return Promise.resolve(stamped(hashSmallFile({ path, sizeBytes }), stamp))
}

/**
 * Hashes files, in worker threads if there are enough of them, and passes each to `take` when it is hashed. The threads
 * begin while `files` still yields.
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
  // Where no thread can be started, this one does the work.
  const reply = here ? undefined : await askWorker({ kind: 'many', files: manyFiles(batch) }).catch(() => undefined)
  const digests = reply?.kind === 'many' ? hashedFiles(reply.digests) : []
  batch.forEach((file, index) => {
    take(file, stamped(digests[index] ?? hashSmallFile(file), file.stamp))
  })
}

/** No second stat of a small file: had it changed since the first, its stamp would no longer match. */
function stamped(hashed: HashedBytes, stamp: FileStamp): HashedFile {
  return hashed.ok ? ok({ digest: hashed.value, stamp }) : hashed
}

/** Returns the code of the system error that hides the file at `path`. */
export function whyUnseen(path: string): string {
  try {
    statSync(path)
    return 'ENOENT'
  } catch (error) {
    // Node throws an error of its own for a NUL in a path.
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

/** The code of a file whose stat changed while it was read. */
export const changedWhileRead = 'it changes while it is read'

async function digestOf(path: string, sizeBytes: number): Promise<Digest> {
  if (sizeBytes <= streamHereBytesMax && !isPoolStarted()) return streamFile(path)
  const reply = await askWorker({ kind: 'stream', path, sizeBytes, target: undefined }).catch(() => undefined)
  if (reply?.kind === 'digest') return reply.digest
  if (reply?.kind === 'error') throw new SystemError(reply.error.code, reply.error.message)
  return streamFile(path)
}
