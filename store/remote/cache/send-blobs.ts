import { lstat } from 'node:fs/promises'
import type { OutgoingBlob, TransferOptions } from '../../contract/cache-store.ts'
import { type Digest, digestBytes, sameDigest } from '../../contract/digest.ts'
import type { StoreFailure } from '../../contract/failure.ts'
import { err, ok, type Result } from '../../contract/result.ts'
import { errorCode, isSystemError } from '../../disk/io-failure.ts'
import { hashFile } from '../../hashing/hash-file.ts'
import { blobPath } from '../layout/remote-layout.ts'
import { eachAtOnce } from './at-once.ts'
import { missingIn } from './blob-presence.ts'
import type { RemoteSite } from './remote-site.ts'

/** Sends blobs into a scope as objects of their own; those that are there are left alone. */
export async function sendBlobs(
  site: RemoteSite,
  scope: string,
  blobs: readonly OutgoingBlob[],
  { signal, onProgress }: TransferOptions,
): Promise<Result<void, StoreFailure>> {
  const options = signal === undefined ? {} : { signal }
  const missing = await missingIn(
    site,
    [scope],
    blobs.map(({ digest }) => digest),
    options,
  )
  if (!missing.ok) return missing
  const wanted = new Set(missing.value.map(({ hash }) => hash))
  const outgoing = blobs.filter(({ digest }) => wanted.delete(digest.hash))
  const going = outgoing.reduce((sum, { digest }) => sum + digest.sizeBytes, 0)
  // What is there counts as moved, so that the sum is that of the blobs.
  let movedBytes = blobs.reduce((sum, { digest }) => sum + digest.sizeBytes, 0) - going
  const sent = await eachAtOnce(outgoing, site.place.atOnce, async (blob) => {
    const checked = await checkSource(blob)
    if (!checked.ok) return checked
    let ofThis = 0
    const tell = (bytes: number) => {
      movedBytes += bytes - ofThis
      ofThis = bytes
      onProgress?.(movedBytes)
    }
    const done = await sendOne(site, scope, blob, { ...options, onProgress: tell })
    if (done.ok) tell(blob.digest.sizeBytes)
    return done
  })
  return sent.ok ? ok(undefined) : sent
}

async function sendOne(
  { place, failure }: RemoteSite,
  scope: string,
  blob: OutgoingBlob,
  options: TransferOptions,
): Promise<Result<void, StoreFailure>> {
  const { hash, sizeBytes } = blob.digest
  const path = blobPath(scope, hash)
  const source = 'bytes' in blob ? { bytes: blob.bytes } : { path: blob.path, sizeBytes }
  try {
    const first = await place.write(path, source, { ...options, onlyNew: true })
    if (!first.ok) return err(failure(first.error))
    if (first.value === 'written') return ok(undefined)
    // Somebody else was quicker, or what is there is not the blob.
    const facts = await place.stat(path, options.signal && { signal: options.signal })
    if (!facts.ok) return err(failure(facts.error))
    if (facts.value?.sizeBytes === sizeBytes) return ok(undefined)
    const again = await place.write(path, source, options)
    return again.ok ? ok(undefined) : err(failure(again.error))
  } catch (error) {
    if (!isSystemError(error) || 'bytes' in blob) throw error
    return err({ kind: 'source-unreadable', path: blob.path, code: errorCode(error) })
  }
}

/** Hashes what is to be sent: whoever reads it would refuse wrong bytes, and nobody could say where they came from. */
export async function checkSource(blob: OutgoingBlob): Promise<Result<void, StoreFailure>> {
  const { digest } = blob
  if ('bytes' in blob) return judge(digest, digestBytes(blob.bytes))
  const { path } = blob
  try {
    if (!(await lstat(path)).isFile()) return err({ kind: 'source-unsupported', path, what: 'not a regular file' })
  } catch (error) {
    if (!isSystemError(error)) throw error
    return err({ kind: 'source-unreadable', path, code: errorCode(error) })
  }
  const hashed = await hashFile(path)
  return hashed.ok ? judge(digest, hashed.value.digest) : err({ kind: 'source-unreadable', path, code: hashed.error })
}

function judge(expected: Digest, found: Digest): Result<void, StoreFailure> {
  return sameDigest(expected, found)
    ? ok(undefined)
    : err({ kind: 'blob-rejected', hash: expected.hash, what: `their hash is ${found.hash}` })
}
