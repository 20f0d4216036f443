import type { PlannedEviction, StoreLimits } from '../contract/local/store-limits.ts'
import type { Amount } from './amount.ts'

/** The limits of a collection; an absent one is no reason to remove anything. */
export interface CollectionOptions extends StoreLimits {
  /** How long an action may be unused. */
  readonly maxAgeMs?: number
}

/** What a collection will do, before it does it. */
export interface CollectionPlan {
  /** In the order of removal. */
  readonly evictions: readonly PlannedEviction[]
  readonly kept: Amount
  /** Kept although they exceed a limit, because a live run may need them. */
  readonly protectedByRuns: Amount
  /** Blobs that no action needs, without those that the evictions free. */
  readonly unneededBlobs: Amount
  /** Files in `blobs/` without a record, as a crash leaves them. */
  readonly orphanFiles: Amount
  /** Files of dead processes. */
  readonly tmpFiles: Amount
  readonly quarantined: Amount
  readonly sizeBytes: number
  readonly sizeBytesAfter: number
  readonly freesBytes: number
  readonly liveRuns: number
  /** Whether the quarantine is emptied, too. */
  readonly emptiesQuarantine: boolean
}

/** What a collection did. */
export interface CollectionReport {
  readonly actions: number
  /** The removed actions, in the order of the plan. */
  readonly evicted: readonly PlannedEviction[]
  readonly blobs: Amount
  readonly orphanFiles: Amount
  readonly tmpFiles: Amount
  readonly quarantined: Amount
  readonly freedBytes: number
  /** Actions of the plan that were kept, because they were used meanwhile. */
  readonly spared: number
  /** The size of the index's file, which never shrinks, and the free part of it, which is used again. */
  readonly index: { readonly fileBytes: number; readonly freeBytes: number }
}
