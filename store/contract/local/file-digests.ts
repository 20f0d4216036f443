import type { BigIntStats } from 'node:fs'
import type { Digest } from '../digest.ts'
import type { StoreFailure } from '../failure.ts'
import type { Result } from '../result.ts'

/** The facts of a file's stat that change whenever its content does. All are exact integers. */
export interface FileStamp {
  readonly device: bigint
  readonly inode: bigint
  readonly sizeBytes: bigint
  readonly mtimeNs: bigint
  readonly ctimeNs: bigint
}

/** A file's digest at the time when its stat was `stamp`. */
export interface StampedDigest {
  readonly digest: Digest
  readonly stamp: FileStamp
}

/**
 * Digests of files, remembered by stat, so that a file that did not change is not read again.
 * A stamp younger than the file system's clock can tell apart is never trusted (git's racy-timestamp guard).
 */
export interface FileDigests {
  /** Returns the remembered digest of the file at `path` when its stat is still the recorded one; reads no content. */
  known(path: string): StampedDigest | undefined
  /**
   * Returns the digest that is remembered for the absolute `path` when `stats`, which the caller took with `bigint`,
   * is the recorded stat of a regular file; touches no file.
   */
  match(path: string, stats: BigIntStats): Digest | undefined
  /** Returns the digest of the file at `path`, from memory or by hashing it, and remembers it. */
  digest(path: string): Promise<Result<StampedDigest, StoreFailure>>
  /** Does what `digest` does for many files, in less time than as many calls take; the results are in their order. */
  digests(paths: readonly string[]): Promise<readonly Result<StampedDigest, StoreFailure>[]>
  /**
   * Records the digest of a file that the caller itself has just written and closed, or whose `stats`, which the caller
   * took with `bigint` before it read the file, are still its own.
   */
  remember(path: string, digest: Digest, stats?: BigIntStats): void
}
