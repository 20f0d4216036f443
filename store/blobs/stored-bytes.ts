import { readFileSync } from 'node:fs'
import type { Digest } from '../contract/digest.ts'
import { valueOr } from '../disk/io-failure.ts'
import type { StoreContext } from '../local/store-context.ts'
import type { FoundBlob } from '../tables/blob-table.ts'

/**
 * Finds a blob; one that is missing is looked for once more, because another process may have put it a moment ago. The
 * next read of the index overwrites inline bytes.
 */
export function findBlob({ blobTable, db }: StoreContext, digest: Digest): FoundBlob {
  const found = blobTable.find(digest)
  const isThere = found.where === 'inline' || found.where === 'file'
  return !isThere && db.refresh(0) ? blobTable.find(digest) : found
}

/** Returns the unchecked bytes of a blob, or undefined when they cannot be read. */
export function storedBytes({ blobTable }: StoreContext, digest: Digest): Uint8Array | undefined {
  const blob = blobTable.find(digest)
  if (blob.where === 'inline') return blob.bytes
  return blob.where === 'file' ? valueOr(undefined, () => readFileSync(blob.path)) : undefined
}
