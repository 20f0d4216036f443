import { readFile } from 'node:fs/promises'
import type { BlobStore } from './blob-store.ts'
import { isContentOf } from './blob-table.ts'
import { commitStaged } from './commit.ts'
import type { Digest } from './digest.ts'
import type { StoreFailure } from './failure.ts'
import { attempt, errorCode, isSystemError, storeIoFailure } from './io-failure.ts'
import { blobPath } from './layout.ts'
import { materializeBlob } from './materialize.ts'
import { quarantineBlob } from './quarantine.ts'
import { err, ok, type Result } from './result.ts'
import { discardStaged, stageBytes, stageFile } from './staging.ts'
import type { StoreContext } from './store-context.ts'

/** Returns the blobs of a store in a directory. */
export function createLocalBlobs(context: StoreContext): BlobStore {
  return {
    async has(digest) {
      const state = attempt(context.layout.dir, 'read the index', () => context.blobTable.state(digest))
      return state.ok && state.value === 'present'
    },
    read: (digest) => readBlob(context, digest),
    stageBytes: (bytes) => stageBytes(context, bytes),
    stageFile: (path) => stageFile(context, path),
    put: async (staged) => commitStaged(context, staged),
    discard: async (staged) => discardStaged(staged),
    materialize: (digest, path, options) => materializeBlob(context, digest, path, options),
  }
}

async function readBlob(context: StoreContext, digest: Digest): Promise<Result<Uint8Array, StoreFailure>> {
  const { blobTable, layout } = context
  const { hash } = digest
  const found = attempt(layout.dir, 'read the index', () => ({
    state: blobTable.state(digest),
    entry: blobTable.entry(hash),
    // Copied, because the next read of the index overwrites the view.
    inline: blobTable.entry(hash)?.where === 'inline' ? blobTable.inlineBytes(hash)?.slice() : undefined,
  }))
  if (!found.ok) return found
  const { state, entry, inline } = found.value
  if (state === 'corrupt') return err({ kind: 'blob-corrupt', hash, what: 'it was found damaged before' })
  if (state === 'missing' || entry === undefined) return err({ kind: 'blob-missing', hash })
  const bytes = inline === undefined ? await readBlobFile(context, hash) : ok(inline)
  if (!bytes.ok || isContentOf(bytes.value, digest)) return bytes
  return err(quarantineBlob(context, hash, 'its bytes are not those that its digest names'))
}

async function readBlobFile({ layout }: StoreContext, hash: string): Promise<Result<Uint8Array, StoreFailure>> {
  try {
    return ok(await readFile(blobPath(layout, hash)))
  } catch (error) {
    if (!isSystemError(error)) throw error
    if (errorCode(error) === 'ENOENT') return err({ kind: 'blob-missing', hash })
    return err(storeIoFailure(layout.dir, 'read a blob', error))
  }
}
