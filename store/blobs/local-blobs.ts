import { readFile } from 'node:fs/promises'
import type { BlobStore } from '../contract/blob-store.ts'
import type { Digest } from '../contract/digest.ts'
import { distinct } from '../contract/digest.ts'
import type { StoreFailure } from '../contract/failure.ts'
import { err, ok, type Result } from '../contract/result.ts'
import { attempt, errorCode, isSystemError, storeIoFailure } from '../disk/io-failure.ts'
import { blobPath } from '../disk/layout.ts'
import type { StoreContext } from '../local/store-context.ts'
import { isContentOf } from '../tables/blob-table.ts'
import { commitStaged } from './commit.ts'
import { materializeBlob } from './materialize.ts'
import { quarantineBlob, wrongBytes } from './quarantine.ts'
import { discardStaged, stageBytes, stageFile } from './staging.ts'
import { findBlob } from './stored-bytes.ts'

export function createLocalBlobs(context: StoreContext): BlobStore {
  return {
    stageBytes: (bytes) => stageBytes(context, bytes),
    stageFile: (path) => stageFile(context, path),
    put: async (staged) => commitStaged(context, staged),
    discard: async (staged) => discardStaged(staged),
    materialize: (digest, path, options) => materializeBlob(context, digest, path, options),
  }
}

export function findMissingBlobs(
  { blobTable, db, layout }: StoreContext,
  digests: readonly Digest[],
): Result<readonly Digest[], StoreFailure> {
  return attempt(layout.dir, 'read the index', () => {
    db.refresh()
    return distinct(digests).filter((digest) => !blobTable.isPresent(digest))
  })
}

/** Returns a blob's bytes after checking them; a blob that is damaged is moved to the quarantine, and reported. */
export async function readBlob(context: StoreContext, digest: Digest): Promise<Result<Uint8Array, StoreFailure>> {
  const { hash } = digest
  const found = attempt(context.layout.dir, 'read the index', () => findBlob(context, digest))
  if (!found.ok) return found
  const blob = found.value
  if (blob.where === 'corrupt') return err({ kind: 'blob-corrupt', hash, what: 'it was found damaged before' })
  if (blob.where === 'missing') return err({ kind: 'blob-missing', hash })
  // A copy, because the next read of the index overwrites the bytes.
  const bytes = blob.where === 'inline' ? ok(blob.bytes.slice()) : await readBlobFile(context, hash)
  if (!bytes.ok || isContentOf(bytes.value, digest)) return bytes
  return err(quarantineBlob(context, hash, wrongBytes))
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
