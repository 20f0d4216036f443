import type { Digest } from './digest.ts'
import { askWorker, isPoolStarted } from './digest-pool.ts'
import { CarriedSystemError } from './digest-protocol.ts'
import { removeFile } from './remove-file.ts'
import { err, ok, type Result } from './result.ts'
import { type CopyTarget, CopyTargetError, streamFile } from './stream-file.ts'

/** Up to this size a file is copied from the main thread unless workers are running: starting one takes 40 ms. */
const copyHereBytesMax = 16 * 1024 * 1024

/** Which of the two files an error came from. */
export interface CopyError {
  readonly side: 'source' | 'target'
  readonly error: unknown
}

/**
 * Copies a file of about `sizeBytes` to a new path and returns the digest of the bytes that were copied: one pass
 * reads, hashes and writes.
 */
export async function copyAndHash(
  from: string,
  sizeBytes: number,
  target: CopyTarget,
): Promise<Result<Digest, CopyError>> {
  if (sizeBytes > copyHereBytesMax || isPoolStarted()) {
    const reply = await askWorker({ kind: 'stream', path: from, target }).catch(() => undefined)
    if (reply?.kind === 'digest') return ok(reply.digest)
    if (reply?.kind === 'error') return err({ side: reply.error.side, error: new CarriedSystemError(reply.error) })
    // Where threads cannot be had, or one died in the middle, the work is done all the same.
    removeFile(target.path)
  }
  try {
    return ok(await streamFile(from, target))
  } catch (error) {
    return error instanceof CopyTargetError
      ? err({ side: 'target', error: error.cause })
      : err({ side: 'source', error })
  }
}
