import { seal } from '../lmdb/envelope.ts'
import type { IndexDb } from '../lmdb/index-db.ts'
import { textKey } from '../lmdb/index-keys.ts'
import { peekSealed } from '../lmdb/sealed-records.ts'

/**
 * A number that every transaction which adds actions increases, so that a collection can tell under the lock whether
 * what it found before still holds.
 */
const key = textKey('store', 'commits')

/** Returns the number of commits until now; 0 for a record that does not check, which the next commit replaces. */
export function commitCount(db: IndexDb): bigint {
  const payload = peekSealed(db.table('memos-1'), key)
  if (payload?.byteLength !== 8) return 0n
  return Buffer.from(payload.buffer, payload.byteOffset, 8).readBigUInt64LE(0)
}

/** Increases the number, inside a write transaction. */
export function countCommit(db: IndexDb): void {
  const payload = Buffer.allocUnsafe(8)
  payload.writeBigUInt64LE(BigInt.asUintN(64, commitCount(db) + 1n))
  db.table('memos-1').put(key, seal(key, payload))
}
