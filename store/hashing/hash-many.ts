import { closeSync, constants, openSync, readSync } from 'node:fs'
import { Blake3Hasher } from '../contract/blake3.ts'
import { type Digest, digestBytes } from '../contract/digest.ts'
import { err, ok, type Result } from '../contract/result.ts'
import { errorCode, isSystemError } from '../disk/io-failure.ts'

/** A file to hash, and its size by a stat of a moment ago. */
export interface SmallFile {
  readonly path: string
  readonly sizeBytes: number
}

/** The digest of a file, or the code of the system error that prevented it. */
export type HashedBytes = Result<Digest, string>

const blockBytes = 256 * 1024

let block: Buffer | undefined
const hasher = new Blake3Hasher()
let readFlags = constants.O_RDONLY | (process.platform === 'linux' ? constants.O_NOATIME : 0)

/** Hashes one file on the calling thread, synchronously: a file of 4 KiB takes 6 us of a core, and 80 with promises. */
export function hashSmallFile({ path, sizeBytes }: SmallFile): HashedBytes {
  try {
    const fd = openQuietly(path)
    try {
      return ok(hashDescriptor(fd, sizeBytes))
    } finally {
      closeSync(fd)
    }
  } catch (error) {
    if (!isSystemError(error)) throw error
    return err(errorCode(error))
  }
}

/**
 * Opens a file so that reading it does not change its access time: 10,000 files take 15% less CPU. Only a file's owner
 * is permitted to; after one refusal the flag is given up.
 */
function openQuietly(path: string): number {
  try {
    return openSync(path, readFlags)
  } catch (error) {
    if (readFlags === constants.O_RDONLY || !isSystemError(error) || errorCode(error) !== 'EPERM') throw error
    readFlags = constants.O_RDONLY
    return openSync(path, readFlags)
  }
}

function hashDescriptor(fd: number, expectedBytes: number): Digest {
  block ??= Buffer.allocUnsafeSlow(blockBytes)
  let length = readSync(fd, block, 0, blockBytes, null)
  // A file of one block needs no read for its end and no hasher: 2,000 files take 120 ms, and 140 with a hasher.
  if (length === expectedBytes) return digestBytes(block.subarray(0, length))
  hasher.reset()
  let sizeBytes = 0
  for (; length > 0; length = readSync(fd, block, 0, blockBytes, null)) {
    hasher.update(block.subarray(0, length))
    sizeBytes += length
    if (sizeBytes === expectedBytes) break
  }
  return { hash: hasher.digest('hex'), sizeBytes }
}

/** Files in a message to a thread: 256 in two arrays are cloned in 0.15 ms of CPU, and as objects in 0.6. */
export interface ManyFiles {
  readonly paths: readonly string[]
  readonly sizes: readonly number[]
}

/** The digests of many files; one that could not be read has the error's code as its hash, and the size -1. */
export interface ManyDigests {
  readonly hashes: readonly string[]
  readonly sizes: readonly number[]
}

export function manyFiles(files: readonly SmallFile[]): ManyFiles {
  return { paths: files.map(({ path }) => path), sizes: files.map(({ sizeBytes }) => sizeBytes) }
}

export function hashMany({ paths, sizes }: ManyFiles): ManyDigests {
  const hashed = paths.map((path, index) => hashSmallFile({ path, sizeBytes: sizes[index] ?? 0 }))
  return {
    hashes: hashed.map((one) => (one.ok ? one.value.hash : one.error)),
    sizes: hashed.map((one) => (one.ok ? one.value.sizeBytes : -1)),
  }
}

export function hashedFiles({ hashes, sizes }: ManyDigests): readonly HashedBytes[] {
  return hashes.map((hash, index) => {
    const sizeBytes = sizes[index] ?? -1
    return sizeBytes < 0 ? err(hash) : ok({ hash, sizeBytes })
  })
}
