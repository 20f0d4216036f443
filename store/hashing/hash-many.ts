import { closeSync, constants, openSync, readSync } from 'node:fs'
import { Blake3Hasher, blake3Base64url } from '../contract/blake3.ts'
import type { Digest } from '../contract/digest.ts'
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

const hashBytes = 32
const hashLetters = 2 * hashBytes

/** The hash and size of read bytes. Base64, of either alphabet, is the quickest form to get and to decode. */
interface ReadBytes {
  readonly base64: string
  readonly sizeBytes: number
}

let block: Buffer | undefined
const hasher = new Blake3Hasher()
let readFlags = constants.O_RDONLY | (process.platform === 'linux' ? constants.O_NOATIME : 0)

/** Hashes one file on the calling thread, synchronously: a file of 4 KiB takes 6 us of a core, and 80 with promises. */
export function hashSmallFile(file: SmallFile): HashedBytes {
  const read = readAndHash(file)
  if (!read.ok) return read
  const { base64, sizeBytes } = read.value
  return ok({ hash: Buffer.from(base64, 'base64').toString('hex'), sizeBytes })
}

function readAndHash({ path, sizeBytes }: SmallFile): Result<ReadBytes, string> {
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

function hashDescriptor(fd: number, expectedBytes: number): ReadBytes {
  block ??= Buffer.allocUnsafeSlow(blockBytes)
  let length = readSync(fd, block, 0, blockBytes, null)
  // A file of one block needs no read for its end and no hasher: 2,000 files take 120 ms, and 140 with a hasher.
  if (length === expectedBytes) return { base64: blake3Base64url(block.subarray(0, length)), sizeBytes: length }
  hasher.reset()
  let sizeBytes = 0
  for (; length > 0; length = readSync(fd, block, 0, blockBytes, null)) {
    hasher.update(block.subarray(0, length))
    sizeBytes += length
    if (sizeBytes === expectedBytes) break
  }
  return { base64: hasher.digest('base64'), sizeBytes }
}

/** Files in a message to a thread: one text and one array are cloned much faster than ten thousand objects. */
export interface PackedFiles {
  /** The paths, each ended by a NUL. */
  readonly paths: string
  readonly sizes: Float64Array
}

export interface PackedDigests {
  /** The hashes one after the other; zeros for a file that could not be read. */
  readonly hashes: Uint8Array
  readonly sizes: Float64Array
  readonly errors: readonly (readonly [index: number, code: string])[]
}

export function packFiles(files: readonly SmallFile[]): PackedFiles {
  const sizes = new Float64Array(files.length)
  let paths = ''
  files.forEach(({ path, sizeBytes }, index) => {
    paths += `${path}\0`
    sizes[index] = sizeBytes
  })
  return { paths, sizes }
}

export function hashPacked({ paths, sizes }: PackedFiles): PackedDigests {
  const hashes = Buffer.alloc(sizes.length * hashBytes)
  const found = new Float64Array(sizes.length)
  const errors: [number, string][] = []
  const names = paths.split('\0')
  sizes.forEach((sizeBytes, index) => {
    const read = readAndHash({ path: names[index] ?? '', sizeBytes })
    if (!read.ok) {
      errors.push([index, read.error])
      return
    }
    hashes.write(read.value.base64, index * hashBytes, hashBytes, 'base64')
    found[index] = read.value.sizeBytes
  })
  return { hashes, sizes: found, errors }
}

export function unpackDigests({ hashes, sizes, errors }: PackedDigests): readonly HashedBytes[] {
  const digits = Buffer.from(hashes.buffer, hashes.byteOffset, hashes.byteLength).toString('hex')
  const unpacked = Array.from(
    sizes,
    (sizeBytes, index): HashedBytes =>
      ok({ hash: digits.slice(index * hashLetters, (index + 1) * hashLetters), sizeBytes }),
  )
  for (const [index, code] of errors) unpacked[index] = err(code)
  return unpacked
}
