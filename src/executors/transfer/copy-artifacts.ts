import { rmSync } from 'node:fs'
import { join } from 'node:path'
import {
  type CacheStore,
  type Digest,
  err,
  type OutgoingBlob,
  ok,
  type Result,
  readTreeArtifact,
  type StoredArtifact,
  type StoreFailure,
} from '../../../store/index.ts'
import { randomName } from '../../engine/system/random-name.ts'

export interface CopyOptions {
  /** A directory for files on their way. */
  readonly scratch: string
  readonly signal?: AbortSignal
}

/** Blobs up to this size are moved in memory. */
const inMemoryBytes = 256 * 1024
/** What is fetched before it is sent on. */
const batchBytes = 64 * 1024 * 1024
const batchBlobs = 256
const fetchTries = 4

/** Copies the blobs of artifacts that one cache has to another that lacks them. */
export async function copyArtifacts(
  from: CacheStore,
  to: CacheStore,
  artifacts: readonly StoredArtifact[],
  { scratch, signal }: CopyOptions,
): Promise<Result<void, StoreFailure>> {
  const wanted = new Map<string, Digest>()
  for (const artifact of artifacts) {
    if (artifact.kind === 'tree') {
      const entries = await readTreeArtifact(from, artifact)
      if (!entries.ok) return entries
      for (const { digest } of entries.value) wanted.set(digest.hash, digest)
    }
    wanted.set(artifact.digest.hash, artifact.digest)
  }
  const options = signal === undefined ? {} : { signal }
  const missing = await to.findMissing([...wanted.values()], options)
  if (!missing.ok) return missing
  const waiting = [...missing.value]
  while (waiting.length > 0) {
    const batch: OutgoingBlob[] = []
    let bytes = 0
    try {
      while (waiting.length > 0 && batch.length < batchBlobs && bytes < batchBytes) {
        const [digest] = waiting.splice(0, 1)
        if (digest === undefined) break
        const fetched = await fetchBlob(from, digest, join(scratch, `blob-${randomName(16)}`), signal)
        if (!fetched.ok) return fetched
        batch.push(fetched.value)
        bytes += digest.sizeBytes
      }
      const sent = await to.send(batch, options)
      if (!sent.ok) return sent
    } finally {
      for (const blob of batch) if ('path' in blob) rmSync(blob.path, { force: true })
    }
  }
  return ok(undefined)
}

async function fetchBlob(
  from: CacheStore,
  digest: Digest,
  path: string,
  signal: AbortSignal | undefined,
): Promise<Result<OutgoingBlob, StoreFailure>> {
  const options = signal === undefined ? {} : { signal }
  if (digest.sizeBytes <= inMemoryBytes) {
    const read = await from.read(digest, options)
    return read.ok ? ok({ digest, bytes: read.value }) : read
  }
  let fromBytes = 0
  for (let left = fetchTries; ; left--) {
    const fetched = await from.fetch(digest, path, { ...options, fromBytes })
    if (fetched.ok) return ok({ digest, path })
    if (fetched.error.kind !== 'transfer-broken' || left === 1) {
      rmSync(path, { force: true })
      return err(fetched.error)
    }
    fromBytes = fetched.error.arrivedBytes
  }
}
