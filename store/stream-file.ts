import { closeSync, constants, fdatasync, openSync, readSync, writeSync } from 'node:fs'
import { promisify } from 'node:util'
import { Blake3Hasher } from './blake3.ts'
import type { Digest } from './digest.ts'
import { createRing, type ReadAheadRing, RingReader } from './read-ahead.ts'

/**
 * A block that is read, hashed and written in turn stays in the core's own cache. Of a warm 1 GiB file on two cores, one
 * thread hashes 5.2 GB/s with blocks of 256 KiB and 5.1 with 1 MiB; b3sum 3.4 to 5.1 on one thread and 5.7 to 9.2 on two.
 */
const blockBytes = 256 * 1024

/**
 * So many are read ahead where another thread does it. 128 MiB on two cores that others used, too, the medians of five:
 * hashed at 5.8 GB/s so, at 6.0 through four blocks of 256 KiB, at 4.9 through eight of 64 KiB, 5.6 of 128 and 5.7 of
 * 512, and at 4.1 by one thread alone. More of them bridge more of the time for which a thread has no core.
 */
const ringBlocks = 8

/**
 * So much is written by one call. The page cache takes pages as large as the call if it can, and finding those is dear
 * where memory is in use: reading, hashing and writing 128 MiB took so many ms of one core's time, the median of 24 on
 * ext4 with Linux 6.18: 72 by 64 KiB, 184 by 128 KiB, as cp does it, 169 by 256 KiB, 224 by 1 MiB.
 */
const writeBytesMax = 64 * 1024

/** How to write a copy. */
export interface CopyTarget {
  readonly path: string
  /** The mode of the new file. */
  readonly mode: number
  /** Whether the bytes must be on the disk before the copy counts as made. */
  readonly durable: boolean
}

/** Tells an error of the file that is written from one of the file that is read. */
export class CopyTargetError extends Error {
  constructor(cause: unknown) {
    super('the copy cannot be written', { cause })
  }
}

const syncFile = promisify(fdatasync)

let block: Buffer | undefined

/** Gives the bytes of a file; none at the end. */
interface BlockSource {
  /** Returns the next bytes, which are there until it is called again. */
  next(): Uint8Array
  /** Lets go of the file. */
  close(): void
}

/** Returns a ring for reading ahead of `streamFile`. */
export function createStreamRing(): ReadAheadRing {
  return createRing(blockBytes, ringBlocks)
}

/**
 * Returns the digest of a file and, where a target is given, copies the very bytes that were hashed into a new file.
 * Reads, hashes and writes synchronously: large files belong in a worker thread, where another may read ahead in `ring`.
 */
export async function streamFile(path: string, target?: CopyTarget, ring?: ReadAheadRing): Promise<Digest> {
  const fd = openSync(path, constants.O_RDONLY | (target === undefined ? 0 : constants.O_NOFOLLOW))
  try {
    const source = blocksOf(fd, ring)
    try {
      return target === undefined ? hashAll(source, ignore) : await copyAll(source, target)
    } finally {
      source.close()
    }
  } finally {
    closeSync(fd)
  }
}

/** Nothing else may use the block before the last one was taken, so that must not be interrupted. */
function blocksOf(fd: number, ring: ReadAheadRing | undefined): BlockSource {
  const bytes = ring?.blockBytes ?? blockBytes
  if (block?.byteLength !== bytes) block = Buffer.allocUnsafeSlow(bytes)
  const own = block
  if (ring !== undefined) return new RingReader(ring, fd, own)
  return { next: () => own.subarray(0, readSync(fd, own, 0, bytes, null)), close: ignore }
}

function ignore(): void {}

async function copyAll(source: BlockSource, { path, mode, durable }: CopyTarget): Promise<Digest> {
  const sink = ofTarget(() => openSync(path, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL, mode))
  try {
    const digest = hashAll(source, (bytes) => {
      ofTarget(() => {
        for (let done = 0; done < bytes.byteLength; ) {
          done += writeSync(sink, bytes, done, Math.min(writeBytesMax, bytes.byteLength - done))
        }
      })
    })
    if (durable) await syncFile(sink).catch(throwOfTarget)
    return digest
  } finally {
    closeSync(sink)
  }
}

function hashAll(source: BlockSource, use: (bytes: Uint8Array) => void): Digest {
  const hasher = new Blake3Hasher()
  let sizeBytes = 0
  for (let bytes = source.next(); bytes.byteLength > 0; bytes = source.next()) {
    hasher.update(bytes)
    use(bytes)
    sizeBytes += bytes.byteLength
  }
  return { hash: hasher.digest('hex'), sizeBytes }
}

function ofTarget<T>(act: () => T): T {
  try {
    return act()
  } catch (error) {
    return throwOfTarget(error)
  }
}

function throwOfTarget(error: unknown): never {
  throw new CopyTargetError(error)
}
