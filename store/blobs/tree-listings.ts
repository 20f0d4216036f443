import type { Digest } from '../contract/digest.ts'
import { parseTreeListing, type TreeEntry } from '../contract/tree.ts'
import type { StoreContext } from '../local/store-context.ts'
import { isContentOf } from '../tables/blob-table.ts'
import { quarantineBlob } from './quarantine.ts'
import { storedBytes } from './stored-bytes.ts'

/** Listings that were read and checked, by hash; a blob never changes, so they stay right. */
const listingsMax = 64
const listings = new Map<string, readonly TreeEntry[]>()

/** Returns the entries of a tree that is in the store, or undefined when its listing is damaged or cannot be read. */
export function readListing(context: StoreContext, digest: Digest): readonly TreeEntry[] | undefined {
  const known = listings.get(digest.hash)
  if (known !== undefined) return known
  const bytes = storedBytes(context, digest)
  // What cannot be read now, for want of open files or of a cable, may be read later.
  if (bytes === undefined) return undefined
  if (!isContentOf(bytes, digest)) {
    quarantineBlob(context, digest.hash, 'the bytes of a tree listing are not those that its digest names')
    return undefined
  }
  const entries = parseTreeListing(Buffer.from(bytes).toString('utf8'))
  if (entries !== undefined) keepListing(digest, entries)
  return entries
}

/** Keeps a listing that was just checked against its digest. */
export function keepListing(digest: Digest, entries: readonly TreeEntry[]): void {
  const [oldest] = listings.keys()
  if (listings.size >= listingsMax && oldest !== undefined) listings.delete(oldest)
  listings.set(digest.hash, entries)
}

/** Returns the entries of a listing that this process has read before. */
export function keptListing(digest: Digest): readonly TreeEntry[] | undefined {
  return listings.get(digest.hash)
}
