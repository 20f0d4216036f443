import { statfsSync } from 'node:fs'
import type { StoreFailure } from '../contract/failure.ts'
import type { Result } from '../contract/result.ts'
import { attempt } from '../disk/io-failure.ts'

/** A store takes a tenth of its disk by default, five gigabytes on a small one, and never more than half of it. */
const shareOfDisk = 0.1
const smallDiskBytes = 5 * 1000 ** 3

/** Returns what the blobs of a store may occupy unless its user says otherwise: a share of the disk it is on. */
export function defaultMaxSizeBytes(dir: string): Result<number, StoreFailure> {
  return attempt(dir, 'statfs', () => maxSizeOf(statfsSync(dir)))
}

/** Returns the same of a disk that was looked at. */
export function maxSizeOf({ blocks, bsize }: { readonly blocks: number; readonly bsize: number }): number {
  const diskBytes = blocks * bsize
  return Math.floor(Math.min(Math.max(smallDiskBytes, diskBytes * shareOfDisk), diskBytes / 2))
}
