import { rmSync } from 'node:fs'
import { join } from 'node:path'
import {
  type CacheStore,
  type Digest,
  describeStoreFailure,
  type LocalStore,
  type OutgoingBlob,
  type Result,
  readTreeArtifact,
  type StagedBlob,
  type StagedFile,
  type StoredArtifact,
  type StoreFailure,
} from '../../store/index.ts'

/** Returns what a store or a cache gives; throws on a failure of it, as tests do. */
export function given<Value>(result: Result<Value, StoreFailure>): Value {
  if (!result.ok) throw new Error(describeStoreFailure(result.error))
  return result.value
}

/** Brings the blobs of an artifact from a cache into a store. */
export async function fetchArtifact(
  cache: CacheStore,
  { store, dir }: { readonly store: LocalStore; readonly dir: string },
  artifact: StoredArtifact,
): Promise<void> {
  const fetchBlob = async (digest: Digest) => {
    if (given(await store.findMissing([digest])).length === 0) return
    // Steps that run at once may need the same blob.
    const path = join(dir, `fetched-${crypto.randomUUID()}`)
    given(await cache.fetch(digest, path))
    given(await store.blobs.put([given(await store.blobs.stageFile(path))]))
    rmSync(path)
  }
  await fetchBlob(artifact.digest)
  if (artifact.kind !== 'tree') return
  for (const { digest } of given(await readTreeArtifact(store, artifact))) await fetchBlob(digest)
}

/** Sends what was staged to a cache: files from where they lie, listings from memory. */
export async function sendStaged(
  cache: CacheStore,
  { staged, files }: { readonly staged: readonly StagedBlob[]; readonly files: readonly StagedFile[] },
): Promise<void> {
  const outgoing = new Map<string, OutgoingBlob>()
  for (const blob of staged) {
    if (blob.where === 'memory') outgoing.set(blob.digest.hash, { digest: blob.digest, bytes: blob.bytes })
  }
  for (const { path, digest } of files) outgoing.set(digest.hash, { digest, path })
  const missing = new Set(
    given(await cache.findMissing([...outgoing.values()].map(({ digest }) => digest))).map(({ hash }) => hash),
  )
  given(await cache.send([...outgoing.values()].filter(({ digest }) => missing.has(digest.hash))))
}
