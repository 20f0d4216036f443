import { mapSome, readTreeArtifact } from '../blobs/artifacts.ts'
import type { ActionCache, ActionRecord } from '../contract/action-cache.ts'
import type { BlobStore, StagedBlob } from '../contract/blob-store.ts'
import type { CacheStore, OutgoingBlob } from '../contract/cache-store.ts'
import { actionKey } from '../contract/canonical-json.ts'
import { type Digest, distinct, sameDigest } from '../contract/digest.ts'
import type { StoreFailure } from '../contract/failure.ts'
import { neededBlobs } from '../contract/needed-blobs.ts'
import { err, ok, type Result } from '../contract/result.ts'
import type { TreeEntry } from '../contract/tree.ts'

/** How many blobs become durable together. */
const blobsAtOnce = 256

/** How often blobs are staged again that were collected before their commit. */
const attemptsMax = 3

interface Parts {
  readonly blobs: BlobStore
  readonly actions: ActionCache
  readonly findMissing: CacheStore['findMissing']
  readonly read: CacheStore['read']
}

/** Returns the part of a cache that a local store makes of its other methods. */
export function createTransfers({
  blobs,
  actions,
  findMissing,
  read,
}: Parts): Pick<CacheStore, 'fetch' | 'send' | 'record'> {
  async function sendSome(some: readonly OutgoingBlob[], attempt = 1): Promise<Result<void, StoreFailure>> {
    const missing = await findMissing(some.map(({ digest }) => digest))
    if (!missing.ok) return missing
    const hashes = new Set(missing.value.map(({ hash }) => hash))
    const staged: StagedBlob[] = []
    const outgoing = some.filter(({ digest }) => hashes.delete(digest.hash))
    const done = await mapSome(outgoing, async (blob) => {
      const one = await stage(blobs, blob)
      if (one.ok) staged.push(one.value)
      return one
    })
    if (done.ok && staged.length === 0) return ok(undefined)
    const put = done.ok ? await blobs.put(staged) : done
    if (put.ok) return ok(undefined)
    await blobs.discard(staged)
    return put.error.kind === 'blob-missing' && attempt < attemptsMax ? sendSome(some, attempt + 1) : put
  }

  return {
    async fetch(digest, path, { signal, onProgress } = {}) {
      signal?.throwIfAborted()
      const done = await blobs.materialize(digest, path)
      if (!done.ok) return done
      onProgress?.(digest.sizeBytes)
      return ok(undefined)
    },
    async send(outgoing, { signal, onProgress } = {}) {
      let movedBytes = 0
      for (let start = 0; start < outgoing.length; start += blobsAtOnce) {
        signal?.throwIfAborted()
        const some = outgoing.slice(start, start + blobsAtOnce)
        const sent = await sendSome(some)
        if (!sent.ok) return sent
        movedBytes += some.reduce((sum, { digest }) => sum + digest.sizeBytes, 0)
        onProgress?.(movedBytes)
      }
      return ok(undefined)
    },
    async record(record, { signal } = {}) {
      signal?.throwIfAborted()
      if (actionKey(record.action) !== record.key) throw new TypeError(`${record.key} is not the key of its action`)
      const needed = await digestsOf({ read }, record)
      if (!needed.ok) return needed
      // The transaction checks again that they exist.
      const present = needed.value.map((digest): StagedBlob => ({ where: 'present', digest }))
      const committed = await actions.commit(record, present)
      return committed.ok ? ok('recorded') : committed
    },
  }
}

async function stage(blobs: BlobStore, outgoing: OutgoingBlob): Promise<Result<StagedBlob, StoreFailure>> {
  const staged = 'path' in outgoing ? await blobs.stageFile(outgoing.path) : ok(blobs.stageBytes(outgoing.bytes))
  if (!staged.ok || sameDigest(staged.value.digest, outgoing.digest)) return staged
  await blobs.discard([staged.value])
  return err({ kind: 'blob-rejected', hash: outgoing.digest.hash, what: `their hash is ${staged.value.digest.hash}` })
}

/** Returns the digests of all blobs that a result needs; fails where the listing of a tree cannot be read. */
async function digestsOf(
  cache: Pick<CacheStore, 'read'>,
  record: ActionRecord,
): Promise<Result<readonly Digest[], StoreFailure>> {
  const listings = new Map<string, readonly TreeEntry[]>()
  for (const artifact of Object.values(record.result.outputs)) {
    if (artifact.kind !== 'tree') continue
    const entries = await readTreeArtifact(cache, artifact)
    if (!entries.ok) return entries
    listings.set(artifact.digest.hash, entries.value)
  }
  return ok(distinct(neededBlobs(record, ({ hash }) => listings.get(hash)).blobs.map(({ digest }) => digest)))
}
