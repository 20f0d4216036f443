import { constants } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'
import { Blake3Hasher } from '@napi-rs/blake-hash'
import type { Digest } from './digest.ts'
import { err, ok, type Result } from './result.ts'

const blockBytes = 256 * 1024

/** Which of the two files an error came from. */
export interface CopyError {
  readonly side: 'source' | 'target'
  readonly error: unknown
}

export interface CopyOptions {
  /** The mode of the new file. */
  readonly mode: number
  /** Whether the bytes must be on the disk before this returns. */
  readonly durable: boolean
}

/** Copies a file to a new path and returns the digest of the bytes that were copied: one pass reads, hashes, writes. */
export async function copyAndHash(
  from: string,
  to: string,
  { mode, durable }: CopyOptions,
): Promise<Result<Digest, CopyError>> {
  let source: FileHandle | undefined
  let target: FileHandle | undefined
  let side: CopyError['side'] = 'source'
  try {
    source = await open(from, constants.O_RDONLY | constants.O_NOFOLLOW)
    side = 'target'
    target = await open(to, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL, mode)
    const hasher = new Blake3Hasher()
    const block = Buffer.allocUnsafe(blockBytes)
    let sizeBytes = 0
    for (;;) {
      side = 'source'
      const { bytesRead } = await source.read(block, 0, blockBytes, null)
      if (bytesRead === 0) break
      side = 'target'
      const bytes = block.subarray(0, bytesRead)
      hasher.update(bytes)
      for (let done = 0; done < bytesRead; ) done += (await target.write(bytes, done)).bytesWritten
      sizeBytes += bytesRead
    }
    side = 'target'
    if (durable) await target.datasync()
    return ok({ hash: hasher.digest('hex'), sizeBytes })
  } catch (error) {
    return err({ side, error })
  } finally {
    await source?.close()
    await target?.close()
  }
}
