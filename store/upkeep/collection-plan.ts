import type { PlannedEviction, StoreLimits } from '../contract/store-limits.ts'

/** What a collection may be asked for; whatever is not given is no reason to remove anything. */
export interface CollectionOptions extends StoreLimits {
  /** How long an action may be unused. */
  readonly maxAgeMs?: number
}

/** A number of things and what they occupy. */
export interface Amount {
  readonly count: number
  readonly bytes: number
}

/** What a collection will do, before it does it. */
export interface CollectionPlan {
  /** In the order in which they go. */
  readonly evictions: readonly PlannedEviction[]
  readonly kept: Amount
  /** Kept because a live run may rely on them, although they would have to go. */
  readonly protectedByRuns: Amount
  /** Blobs that no action needs, apart from those that the evictions free. */
  readonly unneededBlobs: Amount
  /** Files among the blobs that the index does not know: what a crash left. */
  readonly orphanFiles: Amount
  /** Files of writers that are no more. */
  readonly tmpFiles: Amount
  readonly quarantined: Amount
  readonly sizeBytes: number
  readonly sizeBytesAfter: number
  readonly freesBytes: number
  readonly liveRuns: number
  /** The quarantine is emptied, too. */
  readonly emptiesQuarantine: boolean
}

/** What a collection did. */
export interface CollectionReport {
  readonly actions: number
  /** The actions that went, in their order. */
  readonly evicted: readonly PlannedEviction[]
  readonly blobs: Amount
  readonly orphanFiles: Amount
  readonly tmpFiles: Amount
  readonly quarantined: Amount
  readonly freedBytes: number
  /** Actions of the plan that were used meanwhile, and so were left. */
  readonly spared: number
  /** The index file's size and the part of it that is empty: the file never shrinks, but is filled again. */
  readonly index: { readonly fileBytes: number; readonly freeBytes: number }
}
