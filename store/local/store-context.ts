import type { IndexRepair } from '../contract/local/local-store.ts'
import type { Layout } from '../disk/layout.ts'
import type { FileDigestTable } from '../ledger/file-digests.ts'
import type { IndexDb } from '../lmdb/index-db.ts'
import type { PendingWrites } from '../lmdb/pending-writes.ts'
import type { BlobTable } from '../tables/blob-table.ts'
import type { StoreClock } from '../tables/store-clock.ts'
import type { Tombstones } from '../tables/tombstones.ts'

/** What the parts of one open local store share. */
export interface StoreContext {
  readonly layout: Layout
  readonly db: IndexDb
  /** Whether all of the index was looked at before it was opened. */
  readonly indexWasLookedAt: boolean
  /** Makes the index anew of its records, in a child process, while others use the store. Throws system errors. */
  readonly renewIndex: () => Promise<IndexRepair>
  readonly pending: PendingWrites
  readonly blobTable: BlobTable
  readonly tombstones: Tombstones
  readonly fileDigests: FileDigestTable
  /** Blobs up to this size live in the index. */
  readonly inlineBytesMax: number
  readonly clock: StoreClock
  /** Wall clock in milliseconds. */
  readonly now: () => number
}
