import type { StoredArtifact } from './artifact.ts'
import type { StagedBlob } from './blob-store.ts'
import type { StoreFailure } from './failure.ts'
import type { JsonObject } from './json.ts'
import type { Result } from './result.ts'

/** The digest of a canonical action, 64 hexadecimal digits. */
export type ActionKey = string

/** The outputs of an action and how they came to be. */
export interface ActionResult {
  readonly outputs: Readonly<Record<string, StoredArtifact>>
  readonly durationMs: number
  /** Peak resident memory of the step's processes, where the system tells. */
  readonly peakRssBytes?: number
  /** User and system time of the step's processes, where the system tells. */
  readonly cpuTimeMs?: number
  readonly device: string
  /** Tool name to version, for people; what counts is in the action. */
  readonly tools: Readonly<Record<string, string>>
  /** ISO 8601. */
  readonly producedAt: string
  /** The key of the action that made it, where a person accepted it for other code. */
  readonly acceptedFrom?: ActionKey
}

/** What an action is called when it is shown to a person. */
export interface ActionLabels {
  readonly pipeline: string
  readonly step: string
  /** The job directory in which it was computed. */
  readonly job: string
  /** Logical names of outputs to file names in the job directory. */
  readonly files: Readonly<Record<string, string>>
  /** Hashes of the artifacts that inputs are a part of, where a part was selected: forgetting follows them. */
  readonly origins?: readonly string[]
  /** The remote that the result was fetched from, and the scope there, where it was not computed on this machine. */
  readonly from?: string
}

/** An action with its whole preimage, its result and its labels. */
export interface ActionRecord {
  readonly key: ActionKey
  readonly action: JsonObject
  readonly result: ActionResult
  readonly labels: ActionLabels
}

/** From which remote a result was brought to this machine just now. */
export interface FetchedFrom {
  /** How the remote is called. */
  readonly remote: string
  readonly scope: string
  readonly bytes: number
  readonly durationMs: number
}

/** Why a result that a remote has was not taken from there. */
export type NotFetched =
  /** Computing it takes less time: what fetching would take, and what computing took. */
  | { readonly why: 'slower'; readonly bytes: number; readonly fetchMs: number; readonly computeMs: number }
  /** It is not one that counts, or not whole. */
  | { readonly why: 'refused'; readonly what: string }

/**
 * What a look-up found. `evicted`, `incomplete`, `corrupt` and `not-fetched` are misses that can say why. `fetched` is of a
 * hit that this look-up brought here.
 */
export type Lookup =
  | { readonly kind: 'hit'; readonly record: ActionRecord; readonly fetched?: FetchedFrom }
  | ({ readonly kind: 'not-fetched'; readonly remote: string } & NotFetched)
  | { readonly kind: 'absent' }
  | { readonly kind: 'evicted'; readonly evictedAt: string; readonly by: string }
  | { readonly kind: 'incomplete'; readonly missing: readonly string[] }
  | { readonly kind: 'corrupt'; readonly what: string }

/** The actions of a store on this machine, besides looking them up (see `CacheStore`). */
export interface ActionCache {
  /** Records an action together with its blobs in one transaction: both are there afterwards, or neither. */
  commit(record: ActionRecord, staged: readonly StagedBlob[]): Promise<Result<void, StoreFailure>>
  /** Removes actions; `by` is remembered, so that a later miss can say why. Their blobs stay until a collection. */
  remove(keys: readonly ActionKey[], by: string): Promise<Result<void, StoreFailure>>
  /** Counts a hit that a run knows of without a look-up, and marks the action as used, for the order of eviction. */
  countHit(key: ActionKey, savedMs: number): void
}
