import type { ActionKey } from '../action-cache.ts'

/** What a store may occupy. */
export interface StoreLimits {
  /** What the blobs may occupy at the most. */
  readonly maxSizeBytes?: number
  /** What the store's disk must have free, as far as removing blobs can bring it there. */
  readonly minFreeBytes?: number
}

/** What had to go so that a store keeps within its limits. */
export interface StoreTrim {
  /** What the blobs may occupy. */
  readonly maxSizeBytes: number
  /** What they occupied. */
  readonly sizeBytes: number
  readonly freedBytes: number
  /** The actions that went, in their order. */
  readonly evicted: readonly PlannedEviction[]
  /** Too much is left, because runs that last need it, or because the time was over. */
  readonly isStillOver: boolean
}

/** Why an action goes: unused too long, too much in the store, or a record that cannot be read. */
export type EvictionReason = 'age' | 'size' | 'corrupt'

/** An action that a collection would remove. */
export interface PlannedEviction {
  readonly key: ActionKey
  readonly reason: EvictionReason
  readonly pipeline: string
  readonly step: string
  readonly job: string
  /** Its outputs as files of the job directory. */
  readonly files: readonly string[]
  /** What removing it frees, given that all before it in the plan are removed: blobs that others need stay. */
  readonly freesBytes: number
  /** What its outputs occupy, whoever else needs them. */
  readonly sizeBytes: number
  /** Milliseconds since 1970; 0 when it is not known. */
  readonly lastUsedMs: number
  readonly hits: number
  /** What computing it again would take. */
  readonly durationMs: number
}
