import { type BigIntStats, lstatSync, type Stats, statfsSync, statSync } from 'node:fs'
import type { FileStamp } from '../contract/local/file-digests.ts'
import { valueOr } from './io-failure.ts'

/**
 * A file changed twice within one tick of the file system's clock has the same stamp for both contents. Linux ticks
 * at 1 to 10 ms (CONFIG_HZ); file systems with whole seconds (ext3, HFS+) or two seconds (FAT) have no fraction.
 * Source: git's Documentation/technical/racy-git.
 */
const tickMarginNs = 50_000_000n
const coarseMarginNs = 2_000_000_000n
const nsPerSecond = 1_000_000_000n

export function stampOf(stats: BigIntStats): FileStamp {
  const { dev, ino, size, mtimeNs, ctimeNs } = stats
  return { device: dev, inode: ino, sizeBytes: size, mtimeNs, ctimeNs }
}

export function stampText({ dev, ino, size, mtimeNs, ctimeNs }: BigIntStats): string {
  return [dev, ino, size, mtimeNs, ctimeNs].join(' ')
}

export const stampNumbersCount = 5

/**
 * Returns a stamp as the numbers of a stat without `bigint`, which costs half as much. Times are rounded to a quarter
 * of a microsecond, far less than the margin after which a stamp is trusted.
 */
export function stampNumbers({ device, inode, sizeBytes, mtimeNs, ctimeNs }: FileStamp): readonly number[] {
  return [Number(device), Number(inode), Number(sizeBytes), msOf(mtimeNs), msOf(ctimeNs)]
}

/** As Node computes the times of a stat. */
function msOf(ns: bigint): number {
  return Number(ns / nsPerSecond) * 1000 + Number(ns % nsPerSecond) / 1_000_000
}

/** Returns whether the numbers from `start` on are those of a stat's stamp. */
export function isStampedSo(
  { dev, ino, size, mtimeMs, ctimeMs }: Stats,
  numbers: readonly number[],
  start: number,
): boolean {
  return (
    ctimeMs === numbers[start + 4] &&
    mtimeMs === numbers[start + 3] &&
    size === numbers[start + 2] &&
    ino === numbers[start + 1] &&
    dev === numbers[start]
  )
}

export function sameStamp(a: FileStamp, b: FileStamp): boolean {
  return (
    a.ctimeNs === b.ctimeNs &&
    a.mtimeNs === b.mtimeNs &&
    a.sizeBytes === b.sizeBytes &&
    a.inode === b.inode &&
    a.device === b.device
  )
}

/** Returns whether every change after `readFromMs`, when reading the file began, gives the file another stamp. */
export function isSettled(stamp: FileStamp, readFromMs: number): boolean {
  const margin = stamp.ctimeNs % nsPerSecond === 0n ? coarseMarginNs : tickMarginNs
  return stamp.ctimeNs + margin < BigInt(Math.floor(readFromMs)) * 1_000_000n
}

/**
 * A page of a file that a process has mapped and written to is written to again without a new stamp, until the kernel
 * has put it on the disk: after 30 seconds, and those between two rounds (dirty_expire_centisecs and
 * dirty_writeback_centisecs of Linux).
 */
const mapMarginNs = 60_000_000_000n

/** File systems in memory put nothing on a disk, so that only the first write through a map gives a stamp. Source: statfs(2). */
const inMemory = new Set([0x01021994, 0x858458f6])
const isInMemory = new Map<bigint, boolean>()

/** Returns whether every change after `readFromMs` gives the file another stamp, also one through a memory map. */
export function isSettledForMaps(path: string, stamp: FileStamp, readFromMs: number): boolean {
  if (stamp.ctimeNs + mapMarginNs >= BigInt(Math.floor(readFromMs)) * 1_000_000n) return false
  let known = isInMemory.get(stamp.device)
  if (known === undefined) {
    known = valueOr(true, () => inMemory.has(statfsSync(path).type >>> 0))
    isInMemory.set(stamp.device, known)
  }
  return !known
}

/** Returns the stat of the file at `path`, following links, or undefined if it cannot be read. */
export function statOf(path: string): BigIntStats | undefined {
  try {
    return statSync(path, { bigint: true, throwIfNoEntry: false })
  } catch {
    return undefined
  }
}

/** Returns the stamp of the file at `path`, following links, or undefined if it cannot be read. */
export function stampAt(path: string): FileStamp | undefined {
  const stats = statOf(path)
  return stats === undefined ? undefined : stampOf(stats)
}

/** Returns the stat of `path` itself, also of a link, or undefined if it cannot be read. */
export function linkStatOf(path: string): BigIntStats | undefined {
  try {
    return lstatSync(path, { bigint: true, throwIfNoEntry: false })
  } catch {
    return undefined
  }
}
