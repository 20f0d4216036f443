import type { BigIntStats } from 'node:fs'
import type { Digest } from './digest.ts'
import type { StoreFailure } from './failure.ts'
import type { Result } from './result.ts'

/**
 * Bytes on their way into a store: hashed, written as far as they can be, and not visible to anybody
 * until they are committed. A staged blob that is never committed is dropped by `discard` or by the next collection.
 */
export type StagedBlob = (
  | { readonly where: 'memory'; readonly digest: Digest; readonly bytes: Uint8Array }
  | { readonly where: 'file'; readonly digest: Digest; readonly path: string }
  | { readonly where: 'present'; readonly digest: Digest }
) & {
  /** The stat of the file that it was staged from, taken before the bytes were read, where it was at hand. */
  readonly from?: BigIntStats
}

/** How a file came to hold its bytes: cloned extents, copied bytes, a shared read-only inode, or written from the index. */
export type MaterializeMethod = 'reflink' | 'copy' | 'hardlink' | 'inline'

export interface MaterializeOptions {
  /** `auto` clones where the file system can and copies where it cannot; `hardlink` shares a read-only inode. */
  readonly link?: 'auto' | 'copy' | 'hardlink'
  readonly executable?: boolean
  /** Its permissions, if they are others than 0644, or 0755 of an executable. */
  readonly mode?: number
  /**
   * `path` is a new file in an existing directory that nobody else sees: it is written in place, and nothing is
   * remembered of it, because the directory is going to be moved.
   */
  readonly inPrivate?: boolean
}

/** How blobs get into a store on this machine and out of it, besides what every cache does (see `CacheStore`). */
export interface BlobStore {
  /** Stages bytes that are in memory. */
  stageBytes(bytes: Uint8Array): StagedBlob
  /** Stages a file, read once: hashed and copied in the same pass. */
  stageFile(path: string): Promise<Result<StagedBlob, StoreFailure>>
  /** Makes staged blobs durable and visible, all of them or none. */
  put(staged: readonly StagedBlob[]): Promise<Result<void, StoreFailure>>
  /** Drops staged blobs that will not be committed. */
  discard(staged: readonly StagedBlob[]): Promise<void>
  /**
   * Writes the blob to `path`, atomically (a temporary file beside it, then a rename), with mode 0644 or 0755 unless another is given.
   * The bytes are hashed on the way; wrong ones never reach `path`.
   */
  materialize(
    digest: Digest,
    path: string,
    options?: MaterializeOptions,
  ): Promise<Result<MaterializeMethod, StoreFailure>>
}
