import { type CacheStore, type Digest, digestBytes } from '../../store/index.ts'
import { value } from '../store/fixtures.ts'

/** A cache to be tried, and what may happen to it. */
export interface TriedCache {
  readonly cache: CacheStore
  /** The same cache as another user has it. */
  readonly other: CacheStore
  /** Changes a byte of a blob where it is kept. */
  readonly damage: (digest: Digest) => unknown
  /** Takes a blob away. */
  readonly lose: (digest: Digest) => unknown
  /** Opens the same cache for reading only, where it can be. */
  readonly openReadOnly?: () => Promise<CacheStore>
  /** What carries the bytes, where something does that may break. */
  readonly wire?: Wire
}

export interface Wire {
  /** How many bytes were carried. */
  movedBytes: number
  /** How many more bytes are carried before the wire breaks, which it does once. */
  breaksAfterBytes: number
}

export type MakeCache = () => Promise<TriedCache>

/** Small ones and large ones as a cache may tell them apart. */
export const blobSizes = [0, 1, 4096, 40_000, 300_000]

export const wholeSize = 300_000

/** Sends bytes from memory and returns their digest. */
export async function sent(cache: CacheStore, bytes: Uint8Array): Promise<Digest> {
  const digest = digestBytes(bytes)
  value(await cache.send([{ digest, bytes }]))
  return digest
}
