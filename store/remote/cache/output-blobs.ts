import { keepListing, keptListing } from '../../blobs/tree-listings.ts'
import type { ActionRecord } from '../../contract/action-cache.ts'
import type { CallOptions } from '../../contract/cache-store.ts'
import { type NeededBlobs, neededBlobs } from '../../contract/needed-blobs.ts'
import { parseTreeListing, type TreeEntry } from '../../contract/tree.ts'
import { readRemoteBlob } from './read-blob.ts'
import type { RemoteSite } from './remote-site.ts'

/** A listing of more bytes, of a million files or so, is not read into memory. */
const listingBytesMax = 256 * 1024 * 1024

/** Returns every blob that a result needs, its trees listed by what the remote has. */
export async function outputBlobs(site: RemoteSite, record: ActionRecord, options: CallOptions): Promise<NeededBlobs> {
  const listings = new Map<string, readonly TreeEntry[]>()
  for (const { kind, digest } of Object.values(record.result.outputs)) {
    if (kind !== 'tree' || digest.sizeBytes > listingBytesMax) continue
    const kept = keptListing(digest)
    const read = kept === undefined ? await readRemoteBlob(site, digest, options) : undefined
    const entries = kept ?? (read?.ok === true ? parseTreeListing(Buffer.from(read.value).toString('utf8')) : undefined)
    if (entries === undefined) continue
    if (kept === undefined) keepListing(digest, entries)
    listings.set(digest.hash, entries)
  }
  return neededBlobs(record, ({ hash }) => listings.get(hash))
}
