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

/** As many small files are hashed in one go on the main thread; more are worth a thread. */
const batchHereMax = 64
const batchHereBytesMax = 1024 * 1024

/** So many go to a thread at once: large enough to make messages cheap, small enough to keep all threads busy. */
const batchMax = 256

interface Waiting extends SmallFile {
  readonly stamp: FileStamp
  readonly resolve: (hashed: HashedFile) => void
}

let batch: Waiting[] = []
let scheduled = false

/**
 * Returns the digest of the file at `path`, whose stat was `stats` a moment ago, and the stamp of that stat.
 * Files that are asked for in the same turn of the event loop are hashed together, in worker threads if it is worth it.
 */
export function hashFile(path: string, stats: BigIntStats | undefined = statOf(path)): Promise<HashedFile> {
  // No file has such a name, and to the threads a NUL is the end of one.
  if (path.includes('\0')) return Promise.resolve(err('ENOENT'))
  if (stats === undefined) return Promise.resolve(err(whyUnseen(path)))
  const stamp = stampOf(stats)
  const sizeBytes = Number(stats.size)
  return sizeBytes > smallBytesMax ? hashLargeFile(path, sizeBytes, stamp) : hashInBatch(path, sizeBytes, stamp)
}

function whyUnseen(path: string): string {
  try {
    statSync(path)
    return 'ENOENT'
  } catch (error) {
    return errorCode(error)
  }
}

/**
 * A small file is not looked at again after it was read: what was changed since its stat has another stamp now, so
 * that nobody takes this digest for that of the new content.
 */
function hashInBatch(path: string, sizeBytes: number, stamp: FileStamp): Promise<HashedFile> {
  return new Promise((resolve) => {
    batch.push({ path, sizeBytes, stamp, resolve })
    if (batch.length >= batchMax) hashInWorker(takeBatch())
    else if (!scheduled) {
      scheduled = true
      queueMicrotask(hashRest)
    }
  })
}

function takeBatch(): readonly Waiting[] {
  const taken = batch
  batch = []
  return taken
}

function hashRest(): void {
  scheduled = false
  const rest = takeBatch()
  const bytes = rest.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0)
  if (rest.length <= batchHereMax && bytes <= batchHereBytesMax) hashHere(rest)
  else hashInWorker(rest)
}

function hashHere(files: readonly Waiting[]): void {
  for (const file of files) settle(file, hashSmallFile(file))
}

function settle({ stamp, resolve }: Waiting, hashed: HashedBytes): void {
  resolve(hashed.ok ? ok({ digest: hashed.value, stamp }) : hashed)
}

function hashInWorker(files: readonly Waiting[]): void {
  askWorker({ kind: 'many', files: packFiles(files) }).then(
    (reply) => {
      if (reply.kind !== 'many') return hashHere(files)
      const hashed = unpackDigests(reply.digests)
      files.forEach((file, index) => {
        settle(file, hashed[index] ?? hashSmallFile(file))
      })
    },
    // Where threads cannot be had, the work is done all the same.
    () => hashHere(files),
  )
}

async function hashLargeFile(path: string, sizeBytes: number, stamp: FileStamp): Promise<HashedFile> {
  try {
    const digest = await digestOf(path, sizeBytes)
    const after = statOf(path)
    if (after === undefined) return err('ENOENT')
    return sameStamp(stamp, stampOf(after)) ? ok({ digest, stamp }) : err(changedWhileRead)
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
