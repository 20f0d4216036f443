import { closeSync, fstatSync, openSync, readSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { Blake3Hasher } from '@napi-rs/blake-hash'
import type { Digest } from './digest.ts'
import { err, ok, type Result } from './result.ts'

const blockBytes = 256 * 1024
/** Files up to this size are hashed on the calling thread. */
const inPlaceBytesMax = 1024 * 1024

let block: Buffer | undefined
const hasher = new Blake3Hasher()

/** Returns the digest of the file at `path`, or the system error that prevented it. */
export async function hashFile(path: string): Promise<Result<Digest, unknown>> {
  try {
    return ok(await digestOfFile(path))
  } catch (error) {
    return err(error)
  }
}

async function digestOfFile(path: string): Promise<Digest> {
  const fd = openSync(path, 'r')
  try {
    if (fstatSync(fd).size <= inPlaceBytesMax) return hashDescriptor(fd)
  } finally {
    closeSync(fd)
  }
  const own = new Blake3Hasher()
  const handle = await open(path, 'r')
  try {
    const buffer = Buffer.allocUnsafe(blockBytes)
    let sizeBytes = 0
    for (;;) {
      const { bytesRead } = await handle.read(buffer, 0, blockBytes)
      if (bytesRead === 0) break
      own.update(buffer.subarray(0, bytesRead))
      sizeBytes += bytesRead
    }
    return { hash: own.digest('hex'), sizeBytes }
  } finally {
    await handle.close()
  }
}

/** Hashes what can be read from a descriptor, with one buffer and one hasher for all files: no allocation a file. */
function hashDescriptor(fd: number): Digest {
  block ??= Buffer.allocUnsafe(blockBytes)
  hasher.reset()
  let sizeBytes = 0
  for (;;) {
    const read = readSync(fd, block, 0, blockBytes, null)
    if (read === 0) break
    hasher.update(block.subarray(0, read))
    sizeBytes += read
  }
  return { hash: hasher.digest('hex'), sizeBytes }
}
