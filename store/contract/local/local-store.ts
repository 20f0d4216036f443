import type { ActionCache, ActionKey, Lookup } from '../action-cache.ts'
import type { BlobStore } from '../blob-store.ts'
import type { CacheStore, CallOptions } from '../cache-store.ts'
import type { StoreFailure } from '../failure.ts'
import type { Result } from '../result.ts'
import type { Leases } from './leases.ts'
import type { Ledger } from './ledger.ts'
import type { RemoteTier } from './remote-tier.ts'
import type { StoreLimits, StoreTrim } from './store-limits.ts'

/** What became of a damaged index. */
export interface IndexRepair {
  /** What was found wrong with it. */
  readonly problems: readonly string[]
  /** Where it is now; absent when there was none. */
  readonly movedTo?: string
  /** Records that could be taken over. */
  readonly records: number
  /** Actions among them. */
  readonly actions: number
  /** Blobs whose files were found and whose records were not. */
  readonly adoptedBlobs: number
}

/**
 * The cache on this machine. Besides what every cache does, it puts results into job directories, takes them from there,
 * commits an action with its blobs at once, and knows what runs remember and who does what now.
 * Every implementation passes `test/conformance/local-store.ts`.
 */
export interface LocalStore extends CacheStore {
  readonly dir: string
  /** A cache on this machine is always there to be asked. */
  lookup(key: ActionKey, options?: CallOptions): Promise<Lookup>
  readonly blobs: BlobStore
  readonly actions: ActionCache
  /** What runs remember. */
  readonly ledger: Ledger
  /** Who does what now. */
  readonly leases: Leases
  /** What was done when the index was found damaged as the store was opened; to be told to the user. */
  readonly repaired?: IndexRepair
  /** The remote behind it, where there is one: what a look-up does not find here is fetched from there. */
  readonly remote?: RemoteTier
  /**
   * Removes what was long unused where the store occupies more than it may, for about `budgetMs`; undefined where it
   * does not, which costs little to find out. Without a limit in bytes, the store's own is taken: a share of its disk.
   */
  keepWithin(limits: StoreLimits, budgetMs: number): Promise<Result<StoreTrim | undefined, StoreFailure>>
  /** Writes what was remembered since the last flush (the ledger and the uses of actions) in one transaction. */
  flush(): Result<void, StoreFailure>
  /** Flushes and closes; the store cannot be used afterwards. */
  close(): Promise<void>
}
