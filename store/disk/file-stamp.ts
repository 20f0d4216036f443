import { type BigIntStats, lstatSync, type Stats, statSync } from 'node:fs'
import type { Digest } from '../contract/digest.ts'
import type { FileStamp, StampedDigest } from '../contract/file-digests.ts'
import { seal, unseal } from '../lmdb/envelope.ts'

/**
 * A file changed twice within one tick of the file system's clock has the same stamp for both contents. Linux ticks
 * at 1 to 10 ms (CONFIG_HZ); file systems with whole seconds (ext3, HFS+) or two seconds (FAT) have no fraction.
 * Source: git's Documentation/technical/racy-git.
 */
const tickMarginNs = 50_000_000n
const coarseMarginNs = 2_000_000_000n
const nsPerSecond = 1_000_000_000n

/** Returns the stamp of a stat. */
export function stampOf(stats: BigIntStats): FileStamp {
  const { dev, ino, size, mtimeNs, ctimeNs } = stats
  return { device: dev, inode: ino, sizeBytes: size, mtimeNs, ctimeNs }
}

/** How many numbers a stamp is. */
export const stampNumbersCount = 5

/**
 * Returns a stamp as numbers, those of a stat that was taken without `bigint`, which costs half as much. They round times
 * to a quarter of a microsecond, far less than the margin by which a stamp that is trusted differs from a later one.
 */
export function stampNumbers({ device, inode, sizeBytes, mtimeNs, ctimeNs }: FileStamp): readonly number[] {
  return [Number(device), Number(inode), Number(sizeBytes), msOf(mtimeNs), msOf(ctimeNs)]
}

/** As Node puts the two parts of a time together. */
function msOf(ns: bigint): number {
  return Number(ns / nsPerSecond) * 1000 + Number(ns % nsPerSecond) / 1_000_000
}

/** Returns whether the numbers from `start` on are the stamp of a stat. */
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

/** Returns whether two stamps are the same. */
export function sameStamp(a: FileStamp, b: FileStamp): boolean {
  return (
    a.ctimeNs === b.ctimeNs &&
    a.mtimeNs === b.mtimeNs &&
    a.sizeBytes === b.sizeBytes &&
    a.inode === b.inode &&
    a.device === b.device
  )
}

/**
 * Returns whether a stamp can be trusted that was taken before the content was read, when the reading began at
 * `readFromMs`: only then would every later change have given the file another stamp.
 */
export function isSettled(stamp: FileStamp, readFromMs: number): boolean {
  const margin = stamp.ctimeNs % nsPerSecond === 0n ? coarseMarginNs : tickMarginNs
  return stamp.ctimeNs + margin < BigInt(Math.floor(readFromMs)) * 1_000_000n
}

/** Returns the stat of the file at `path`, following links, or undefined when there is none that can be seen. */
export function statOf(path: string): BigIntStats | undefined {
  try {
    return statSync(path, { bigint: true, throwIfNoEntry: false })
  } catch {
    return undefined
  }
}

/** Returns the stamp of the file at `path`, following links, or undefined when there is none that can be seen. */
export function stampAt(path: string): FileStamp | undefined {
  const stats = statOf(path)
  return stats === undefined ? undefined : stampOf(stats)
}

/** Returns the stat of what is at `path` itself, or undefined when there is nothing that can be seen. */
export function linkStatOf(path: string): BigIntStats | undefined {
  try {
    return lstatSync(path, { bigint: true, throwIfNoEntry: false })
  } catch {
    return undefined
  }
}

const stampBytes = 5 * 8
const hashBytes = 32

/**
 * Returns the record that keeps a stamped digest: five little-endian 64-bit integers, the hash, and the path in UTF-8,
 * by which a collection finds out that the file is gone; sealed.
 */
export function encodeStamped(key: Uint8Array, path: string, { digest, stamp }: StampedDigest): Uint8Array {
  const payload = Buffer.allocUnsafe(stampBytes + hashBytes + Buffer.byteLength(path))
  payload.write(path, stampBytes + hashBytes, 'utf8')
  payload.writeBigUInt64LE(BigInt.asUintN(64, stamp.device), 0)
  payload.writeBigUInt64LE(BigInt.asUintN(64, stamp.inode), 8)
  payload.writeBigUInt64LE(stamp.sizeBytes, 16)
  payload.writeBigInt64LE(stamp.mtimeNs, 24)
  payload.writeBigInt64LE(stamp.ctimeNs, 32)
  payload.write(digest.hash, stampBytes, 'hex')
  return seal(key, payload)
}

/** A record as `encodeStamped` writes it. */
export interface RecordedStamp {
  readonly path: string
  readonly stamped: StampedDigest
}

/** Returns what a record holds, or undefined when it does not check. */
export function decodeStamped(key: Uint8Array, record: Uint8Array): RecordedStamp | undefined {
  const payload = unseal(key, record)
  if (payload === undefined || payload.byteLength < stampBytes + hashBytes) return undefined
  return {
    path: payload.toString('utf8', stampBytes + hashBytes),
    stamped: { digest: digestIn(payload), stamp: stampIn(payload) },
  }
}

/** Returns the digest of a record whose stamp is that of `stats`: this is asked for every file of every job. */
export function matchStamped(key: Uint8Array, record: Uint8Array, stats: BigIntStats): Digest | undefined {
  const payload = unseal(key, record)
  if (payload === undefined || payload.byteLength < stampBytes + hashBytes) return undefined
  return sameStamp(stampIn(payload), stampOf(stats)) ? digestIn(payload) : undefined
}

function stampIn(payload: Buffer): FileStamp {
  // Not the methods of Buffer, which put numbers of 64 bits together byte by byte.
  const view = new DataView(payload.buffer, payload.byteOffset, stampBytes)
  return {
    device: view.getBigUint64(0, true),
    inode: view.getBigUint64(8, true),
    sizeBytes: view.getBigUint64(16, true),
    mtimeNs: view.getBigInt64(24, true),
    ctimeNs: view.getBigInt64(32, true),
  }
}

function digestIn(payload: Buffer): Digest {
  const sizeBytes = payload.readUInt32LE(16) + payload.readUInt32LE(20) * 0x1_0000_0000
  return { hash: payload.toString('hex', stampBytes, stampBytes + hashBytes), sizeBytes }
}
