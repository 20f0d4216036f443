import { readFileSync } from 'node:fs'
import type { Digest } from '../contract/digest.ts'
import { isSystemError } from '../disk/io-failure.ts'
import type { StoreContext } from '../local/store-context.ts'

/** Returns a blob's bytes as they lie in the store, unchecked, or undefined when they cannot be read. */
export function storedBytes({ blobTable }: StoreContext, digest: Digest): Uint8Array | undefined {
  const blob = blobTable.find(digest)
  if (blob.where === 'inline') return blob.bytes
  try {
    return blob.where === 'file' ? readFileSync(blob.path) : undefined
  } catch (error) {
    if (!isSystemError(error)) throw error
    return undefined
  }
}
