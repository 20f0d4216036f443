import { statSync } from 'node:fs'
import { blake3Base64url } from '../contract/blake3.ts'
import type { Digest } from '../contract/digest.ts'
import { blobPath, type Layout } from '../disk/layout.ts'
import { sealBytes, sealInto, unseal } from '../lmdb/envelope.ts'
import type { IndexDb } from '../lmdb/index-db.ts'
import { hashKey, sharedHashKey } from '../lmdb/index-keys.ts'
import { renewRemovalMark } from './removal-mark.ts'
import { type Tombstones, tombstonesOf } from './tombstones.ts'

/** Where the index says that a blob's bytes are. */
export interface BlobEntry {
  readonly where: 'inline' | 'file'
  readonly sizeBytes: number
}

/** Whether a blob can be used: `corrupt` is one that was found damaged and not put again since. */
export type BlobState = 'present' | 'missing' | 'corrupt'

/** Where the bytes of a blob are, or why they are nowhere. */
export type FoundBlob =
  | { readonly where: 'inline'; readonly bytes: Uint8Array }
  | { readonly where: 'file'; readonly path: string }
  | { readonly where: Exclude<BlobState, 'present'> }

/**
 * The blobs of a store's index. A record is a sealed header (one byte for where, the size as a little-endian 64-bit
 * integer), and after it the bytes of an inline blob, which the blob's own hash checks.
 */
export interface BlobTable {
  entry(hash: string): BlobEntry | undefined
  /** Returns the bytes of an inline blob, unchecked, in memory that the next read of the index overwrites. */
  inlineBytes(hash: string): Uint8Array | undefined
  /**
   * Returns how a blob's bytes are found, or why they cannot be. Those of an inline one are unchecked, and in memory
   * that the next read of the index overwrites.
   */
  find(digest: Digest): FoundBlob
  /** Returns whether the blob can be used, without reading its bytes: a file must be there and have its size. */
  state(digest: Digest): BlobState
  /** Returns whether its state is `present`: of one that is not, this asks nothing more. */
  isPresent(digest: Digest): boolean
  /** Puts an inline blob inside a write transaction; returns false, and writes nothing, where it can be used already. */
  putInline(digest: Digest, bytes: Uint8Array): boolean
  putFile(digest: Digest): void
  /** Removes inside a write transaction, and leaves the mark that something was removed. */
  remove(hash: string): void
  entries(): IterableIterator<BlobEntry & { readonly hash: string }>
}

const whereInline = 1
const whereFile = 2
const headerBytes = 9
/** What comes before the bytes of an inline blob. */
export const sealedHeaderBytes = sealBytes + headerBytes

/** Returns whether bytes are those that `digest` names. */
export function isContentOf(bytes: Uint8Array, digest: Digest): boolean {
  return (
    bytes.byteLength === digest.sizeBytes && blake3Base64url(bytes) === sharedHashKey(digest.hash).toString('base64url')
  )
}

/** Returns the blobs of a store's index. */
export function blobTableOf(db: IndexDb, layout: Layout, tombstones: Tombstones = tombstonesOf(db)): BlobTable {
  const table = db.table('blobs-1')

  function entry(hash: string): BlobEntry | undefined {
    const key = hashKey(hash)
    const record = table.peek(key)
    return record === undefined ? undefined : parseEntry(key, record, true)
  }

  function find(digest: Digest): FoundBlob {
    return (
      look(sharedHashKey(digest.hash), digest) ?? {
        where: isDamaged(hashKey(digest.hash)) ? 'corrupt' : 'missing',
      }
    )
  }

  /** Returns undefined where there is no readable entry. */
  function look(key: Uint8Array, digest: Digest): FoundBlob | undefined {
    const record = table.peek(key)
    const found = record === undefined ? undefined : parseEntry(key, record, false)
    if (record === undefined || found === undefined) return undefined
    if (found.sizeBytes !== digest.sizeBytes) return { where: 'missing' }
    if (found.where === 'inline') return { where: 'inline', bytes: record.subarray(sealedHeaderBytes) }
    const path = blobPath(layout, digest.hash)
    return isFileOfSize(path, digest.sizeBytes) ? { where: 'file', path } : { where: 'missing' }
  }

  function isPresent(digest: Digest): boolean {
    const where = look(sharedHashKey(digest.hash), digest)?.where
    return where === 'inline' || where === 'file'
  }

  /** Only a blob without a readable entry is asked about: its record is there and does not check, or was dropped. */
  function isDamaged(key: Uint8Array): boolean {
    return table.has(key) || tombstones.get(key)?.kind === 'corrupt'
  }

  return {
    entry,
    inlineBytes: (hash) => table.peek(hashKey(hash))?.subarray(sealedHeaderBytes),
    find,
    state(digest) {
      const { where } = find(digest)
      return where === 'inline' || where === 'file' ? 'present' : where
    },
    isPresent,
    putInline(digest, bytes) {
      const key = sharedHashKey(digest.hash)
      const record = recordOf(key, whereInline, digest.sizeBytes, bytes)
      if (!table.putNew(key, record)) {
        if (isPresent(digest)) return false
        table.put(key, record)
      }
      tombstones.remove(key)
      return true
    },
    putFile({ hash, sizeBytes }) {
      const key = sharedHashKey(hash)
      table.put(key, recordOf(key, whereFile, sizeBytes, nothing))
      tombstones.remove(key)
    },
    remove(hash) {
      table.remove(hashKey(hash))
      renewRemovalMark(db)
    },
    *entries() {
      for (const { key, value } of table.entries()) {
        const found = parseEntry(key, value, true)
        if (found !== undefined) yield { ...found, hash: Buffer.from(key).toString('hex') }
      }
    },
  }
}

/** `checked` is for those who take the size from here; who knows it will see from the bytes whether they are right. */
function parseEntry(key: Uint8Array, record: Uint8Array, checked: boolean): BlobEntry | undefined {
  const sealed = record.subarray(0, sealedHeaderBytes)
  const header = checked ? unseal(key, sealed) : sealed.subarray(-headerBytes)
  if (header?.byteLength !== headerBytes) return undefined
  const view = new DataView(header.buffer, header.byteOffset, headerBytes)
  const sizeBytes = Number(view.getBigUint64(1, true))
  if (header[0] === whereFile) return { where: 'file', sizeBytes }
  if (header[0] !== whereInline || record.byteLength !== sealedHeaderBytes + sizeBytes) return undefined
  return { where: 'inline', sizeBytes }
}

function isFileOfSize(path: string, sizeBytes: number): boolean {
  const stats = statSync(path, { throwIfNoEntry: false })
  return stats?.isFile() === true && stats.size === sizeBytes
}

const nothing = new Uint8Array()
const header = Buffer.allocUnsafeSlow(headerBytes)
/** Where records are made that are not larger: new memory for each would take as long as writing it. */
const scratch = Buffer.allocUnsafeSlow(64 * 1024)

/** Returns the record of a blob, in memory that the next one overwrites. */
function recordOf(key: Uint8Array, where: number, sizeBytes: number, bytes: Uint8Array): Buffer {
  header[0] = where
  header.writeUInt32LE(sizeBytes % 2 ** 32, 1)
  header.writeUInt32LE(Math.floor(sizeBytes / 2 ** 32), 5)
  const length = sealedHeaderBytes + bytes.byteLength
  const record = length <= scratch.byteLength ? scratch : Buffer.allocUnsafeSlow(length)
  sealInto(record, key, header)
  record.set(bytes, sealedHeaderBytes)
  return record.subarray(0, length)
}
