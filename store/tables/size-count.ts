import { valueOr } from '../disk/io-failure.ts'
import { seal } from '../lmdb/envelope.ts'
import type { IndexDb } from '../lmdb/index-db.ts'
import { textKey } from '../lmdb/index-keys.ts'
import { peekSealed } from '../lmdb/sealed-records.ts'

/**
 * What the blobs occupied when somebody last counted them, and how much was put since: so that the end of a run knows
 * in one look-up whether there is too much. What goes without a collection is noticed by the next count.
 */
const key = textKey('store', 'size')

interface SizeRecord {
  /** Bytes ever put. */
  readonly putBytes: number
  /** What was counted; NaN where nobody has counted. */
  readonly countedBytes: number
  /** Bytes ever put when that count began. */
  readonly putBytesThen: number
}

const payloadBytes = 24
const never: SizeRecord = { putBytes: 0, countedBytes: Number.NaN, putBytesThen: 0 }
const empty: SizeRecord = { ...never, countedBytes: 0 }

/** Returns what the blobs of a store occupy at the most, or undefined where nobody has counted yet. */
export function sizeAtMost(db: IndexDb): number | undefined {
  const { putBytes, countedBytes, putBytesThen } = valueOr(never, () => read(db))
  return Number.isNaN(countedBytes) ? undefined : countedBytes + (putBytes - putBytesThen)
}

/** Notes that so many blobs arrive, inside the write transaction in which they did. */
export function countPut(db: IndexDb, put: { readonly blobs: number; readonly bytes: number }): void {
  const before = isFirst(db, put.blobs) ? empty : read(db)
  write(db, { ...before, putBytes: before.putBytes + put.bytes })
}

/** Whether the blobs that just arrived are all that a store has ever had, which then need not be counted. */
function isFirst(db: IndexDb, blobs: number): boolean {
  return !db.table('memos-1').has(key) && db.table('blobs-1').count() === blobs
}

/** Returns the bytes ever put, for a count that begins now. */
export function putBytesUntilNow(db: IndexDb): number {
  return read(db).putBytes
}

/** Notes what a count has come to that began when `putBytesThen` bytes had been put, inside a write transaction. */
export function noteCounted(db: IndexDb, countedBytes: number, putBytesThen: number): void {
  write(db, { ...read(db), countedBytes, putBytesThen })
}

/** Forgets the count of an index whose blobs came in by another way, inside a write transaction. */
export function forgetCounted(db: IndexDb): void {
  write(db, never)
}

function read(db: IndexDb): SizeRecord {
  const payload = peekSealed(db.table('memos-1'), key)
  if (payload?.byteLength !== payloadBytes) return never
  const view = new DataView(payload.buffer, payload.byteOffset, payloadBytes)
  return {
    putBytes: view.getFloat64(0, true),
    countedBytes: view.getFloat64(8, true),
    putBytesThen: view.getFloat64(16, true),
  }
}

function write(db: IndexDb, { putBytes, countedBytes, putBytesThen }: SizeRecord): void {
  const payload = Buffer.allocUnsafe(payloadBytes)
  payload.writeDoubleLE(putBytes, 0)
  payload.writeDoubleLE(countedBytes, 8)
  payload.writeDoubleLE(putBytesThen, 16)
  db.table('memos-1').put(key, seal(key, payload))
}
