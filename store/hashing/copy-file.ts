import { closeSync, fchmodSync, fdatasync, openSync } from 'node:fs'
import { promisify } from 'node:util'
import type { Digest } from '../contract/digest.ts'
import { err, ok, type Result } from '../contract/result.ts'
import { cloneFile } from '../disk/clone-file.ts'
import { SystemError } from '../disk/io-failure.ts'
import { removeFile } from '../disk/remove-file.ts'
import { askWorker, isPoolStarted } from './digest-pool.ts'
import { hashFile } from './hash-file.ts'
import { type CopyTarget, CopyTargetError, streamFile } from './stream-file.ts'

/** Up to this size the main thread copies a file, unless worker threads are running: starting one takes 40 ms. */
const copyHereBytesMax = 16 * 1024 * 1024

const syncFile = promisify(fdatasync)

export interface CopyError {
  readonly side: 'source' | 'target'
  readonly error: unknown
}

/** Copies a file of about `sizeBytes` to a new path, and returns the digest of the copied bytes, in one pass. */
export async function copyAndHash(
  from: string,
  sizeBytes: number,
  target: CopyTarget,
): Promise<Result<Digest, CopyError>> {
  if (sizeBytes > copyHereBytesMax || isPoolStarted()) {
    const reply = await askWorker({ kind: 'stream', path: from, sizeBytes, target }).catch(() => undefined)
    if (reply?.kind === 'digest') return ok(reply.digest)
    if (reply?.kind === 'error') {
      const { side, code, message } = reply.error
      return err({ side, error: new SystemError(code, message) })
    }
    // No worker thread could be started, or it died: this thread does the work.
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

/** Does what `copyAndHash` does, but clones the file where the file system can. */
export async function cloneOrCopy(
  from: string,
  sizeBytes: number,
  target: CopyTarget,
): Promise<Result<Digest, CopyError>> {
  if (!cloneFile(from, target.path)) return copyAndHash(from, sizeBytes, target)
  try {
    const fd = openSync(target.path, 'r')
    try {
      fchmodSync(fd, target.mode)
      if (target.durable) await syncFile(fd)
    } finally {
      closeSync(fd)
    }
  } catch (error) {
    return err({ side: 'target', error })
  }
  // The clone, because another process may write to the source meanwhile.
  const hashed = await hashFile(target.path)
  if (hashed.ok) return ok(hashed.value.digest)
  return err({ side: 'source', error: new SystemError(hashed.error, hashed.error) })
}
