import { closeSync, constants, fdatasync, openSync, readSync } from 'node:fs'
import { promisify } from 'node:util'
import { Blake3Hasher } from '../contract/blake3.ts'
import type { Digest } from '../contract/digest.ts'
import { readFull } from '../disk/whole-transfers.ts'
import { RingReader } from './read-ahead.ts'
import { createRing, type SharedRing } from './shared-ring.ts'
import { RingWriter } from './write-behind.ts'

/**
 * A block of this size stays in a core's cache while it is read, hashed and written. One thread hashes a warm file of
 * 1 GiB at 5.2 GB/s so, and at 5.1 with 1 MiB; b3sum at 3.4 to 5.1 on one thread and 5.7 to 9.2 on two.
 */
const blockBytes = 256 * 1024

/**
 * How many blocks another thread reads ahead or writes behind. Hashing 1 GiB on two busy cores took 182 ms with 8
 * blocks, 173 with 16, 169 with 24 and 170 with 32 (lower quartile of 25). More would leave the cache before they are
 * written.
 */
const ringBlocks = 16

export interface CopyTarget {
  readonly path: string
  readonly mode: number
  /** Whether the bytes must be on the disk before the copy counts as made. */
  readonly durable: boolean
}

/** An error of the file that is written, not of the one that is read. */
export class CopyTargetError extends Error {
  constructor(cause: unknown) {
    super('the copy could not be written', { cause })
  }
}

const syncFile = promisify(fdatasync)

let block: Buffer | undefined
let ownRing: SharedRing | undefined

export function createStreamRing(): SharedRing {
  return createRing(blockBytes, ringBlocks)
}

/**
 * Returns the digest of a file, and copies the hashed bytes into a new file where a target is given. Synchronous: large
 * files belong in a worker thread, where another may help through `ring`.
 */
export async function streamFile(path: string, target?: CopyTarget, ring?: SharedRing): Promise<Digest> {
  const fd = openSync(path, constants.O_RDONLY | (target === undefined ? 0 : constants.O_NOFOLLOW))
  try {
    return target === undefined ? hashAll(fd, ring) : await copyAll(fd, target, ring)
  } finally {
    closeSync(fd)
  }
}

function hashAll(fd: number, ring: SharedRing | undefined): Digest {
  const bytes = ring?.blockBytes ?? blockBytes
  if (block?.byteLength !== bytes) block = Buffer.allocUnsafeSlow(bytes)
  const own = block
  if (ring === undefined) return digestOf(() => own.subarray(0, readSync(fd, own, 0, bytes, null)))
  const reader = new RingReader(ring, fd, own)
  try {
    return digestOf(() => reader.next())
  } finally {
    reader.close()
  }
}

async function copyAll(
  from: number,
  { path, mode, durable }: CopyTarget,
  ring: SharedRing | undefined,
): Promise<Digest> {
  const to = ofTarget(() => openSync(path, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL, mode))
  try {
    const digest = copyThrough(ring ?? lonelyRing(), from, to)
    if (durable) await syncFile(to).catch(throwOfTarget)
    return digest
  } finally {
    closeSync(to)
  }
}

/** Without a partner one block stays in the core's cache. All calls share it, because each is synchronous. */
function lonelyRing(): SharedRing {
  ownRing ??= createRing(blockBytes, 1)
  return ownRing
}

function copyThrough(ring: SharedRing, from: number, to: number): Digest {
  const writer = new RingWriter(ring, to)
  const hasher = new Blake3Hasher()
  let sizeBytes = 0
  try {
    for (let isOver = false; !isOver; ) {
      const room = ofTarget(() => writer.room())
      const length = readFull(from, room)
      ofTarget(() => writer.push(length))
      hasher.update(room.subarray(0, length))
      sizeBytes += length
      isOver = length < room.byteLength
    }
    ofTarget(() => writer.finish())
    return { hash: hasher.digest('hex'), sizeBytes }
  } finally {
    writer.close()
  }
}

function digestOf(next: () => Uint8Array): Digest {
  const hasher = new Blake3Hasher()
  let sizeBytes = 0
  for (let bytes = next(); bytes.byteLength > 0; bytes = next()) {
    hasher.update(bytes)
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
