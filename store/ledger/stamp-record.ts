import type { BigIntStats } from 'node:fs'
import type { Digest } from '../contract/digest.ts'
import type { FileStamp, StampedDigest } from '../contract/local/file-digests.ts'
import { sameStamp, stampOf } from '../disk/file-stamp.ts'
import { seal, unseal } from '../lmdb/envelope.ts'

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
  return {
    device: payload.readBigUInt64LE(0),
    inode: payload.readBigUInt64LE(8),
    sizeBytes: payload.readBigUInt64LE(16),
    mtimeNs: payload.readBigInt64LE(24),
    ctimeNs: payload.readBigInt64LE(32),
  }
}

function digestIn(payload: Buffer): Digest {
  const sizeBytes = payload.readUInt32LE(16) + payload.readUInt32LE(20) * 0x1_0000_0000
  return { hash: payload.toString('hex', stampBytes, stampBytes + hashBytes), sizeBytes }
}
