import type { ActionKey, ActionRecord, Lookup } from './action-cache.ts'
import type { Digest } from './digest.ts'
import type { StoreFailure } from './failure.ts'
import type { Result } from './result.ts'

/** What a call that may wait takes. */
export interface CallOptions {
  /** A call that is aborted rejects with the signal's reason. What it stored until then is whole or invisible. */
  readonly signal?: AbortSignal
}

/** What a call that moves bytes takes. */
export interface TransferOptions extends CallOptions {
  /** Called with how many bytes this call has moved so far. */
  readonly onProgress?: (movedBytes: number) => void
}

export interface FetchOptions extends TransferOptions {
  /**
   * How many bytes of the blob the file holds already, from its beginning: what an earlier fetch wrote before it broke
   * off. The cache transfers the rest, or everything where that costs it nothing.
   */
  readonly fromBytes?: number
}

/** A blob to be sent: its digest, and where its bytes are now. */
export type OutgoingBlob = { readonly digest: Digest } & ({ readonly path: string } | { readonly bytes: Uint8Array })

/** What a look-up found, or why the cache could not be asked. All but a hit are misses; none is a reason to stop a run. */
export type CacheLookup = Lookup | { readonly kind: 'unavailable'; readonly failure: StoreFailure }

/** `was-there`: the cache had a result of this action before, and keeps that one. */
export type Recorded = 'recorded' | 'was-there'

/**
 * What any cache offers, near or far: blobs by digest, and the results of actions by key.
 *
 * Large bytes go from file to file. Bytes are hashed where they arrive, in either direction, and wrong ones are neither
 * stored nor handed out as a success. Expected failures are data; a cache that cannot be reached answers
 * `cache-unavailable`. All calls may run at the same time, also for the same blob and in several processes.
 * Every implementation passes `test/conformance/cache-store.ts`.
 */
export interface CacheStore {
  /** How the cache is called in messages: a directory, an address. */
  readonly name: string
  /** Whether it serves hits and takes nothing: `send` and `record` answer `store-read-only`. */
  readonly readOnly: boolean
  /**
   * Returns those of the digests whose blobs are not there, each once; reads no blob. A blob that is there may be damaged,
   * which shows when it is read.
   */
  findMissing(digests: readonly Digest[], options?: CallOptions): Promise<Result<readonly Digest[], StoreFailure>>
  /**
   * Returns the bytes of a small blob: a JSON value, the listing of a tree. Fails with `blob-missing`, or with
   * `blob-corrupt` when the bytes are not those that the digest names; a cache that may be written to does not have that
   * blob any more then, and `send` stores it again.
   */
  read(digest: Digest, options?: CallOptions): Promise<Result<Uint8Array, StoreFailure>>
  /**
   * Writes a blob into the file at `path`, which is made where it does not exist; its directory does. When this succeeds,
   * the file holds exactly the blob: all its bytes were hashed, those before `fromBytes`, too. Nothing is synced to disk.
   *
   * Fails with `transfer-broken` when bytes stopped arriving: the file then holds the first `arrivedBytes` bytes, from
   * where another call may resume. After any other failure (`blob-missing`, `blob-corrupt`, `target-unwritable`,
   * `cache-unavailable`) the file is of no use, and may be gone. Where bytes before `fromBytes` are wrong, that is
   * `blob-corrupt`, too: start once from the beginning before you believe it of the cache.
   */
  fetch(digest: Digest, path: string, options?: FetchOptions): Promise<Result<void, StoreFailure>>
  /**
   * Stores blobs; those that are there already are left alone. One call with many blobs is cheaper than many calls. When
   * this succeeds, all are durable, and every process that uses the cache can read them. After a failure some may be
   * stored; calling again resumes. Fails with `blob-rejected` when bytes are not those that their digest names, with
   * `source-unreadable` or `source-unsupported` when a file cannot be read, and with `store-full` when there is no room.
   */
  send(blobs: readonly OutgoingBlob[], options?: TransferOptions): Promise<Result<void, StoreFailure>>
  /**
   * Looks an action up. A hit's key is that of its action, and all blobs of its outputs were there a moment ago, those in
   * trees included. A result whose blobs are missing is `incomplete` and names the outputs.
   */
  lookup(key: ActionKey, options?: CallOptions): Promise<CacheLookup>
  /**
   * Records the result of an action, whose blobs have been sent before: fails with `blob-missing` where one is not there,
   * and records nothing then. When this succeeds, it is durable, and a look-up finds it. A cache that others share
   * may keep the result that it has, if its blobs are there. Throws when the key is not that of the action.
   */
  record(record: ActionRecord, options?: CallOptions): Promise<Result<Recorded, StoreFailure>>
}
