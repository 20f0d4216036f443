import { uniqueSuffix } from '../disk/process-identity.ts'
import { seal } from '../lmdb/envelope.ts'
import type { IndexDb } from '../lmdb/index-db.ts'
import { textKey } from '../lmdb/index-keys.ts'
import { peekSealed } from '../lmdb/sealed-records.ts'

/**
 * A text that every transaction which takes an action or a blob away replaces by a new one: while it is the same, all
 * that was there still is.
 */
const key = textKey('store', 'removals')

/** Returns the text as it is now; undefined where there is none that checks, which says nothing of what was there. */
export function removalMark(db: IndexDb): string | undefined {
  return peekSealed(db.table('memos-1'), key)?.toString('latin1')
}

/** Replaces the text, inside a write transaction, and returns the new one. */
export function renewRemovalMark(db: IndexDb): string {
  const mark = `${Date.now().toString(36)}-${process.pid}-${uniqueSuffix()}`
  db.table('memos-1').put(key, seal(key, Buffer.from(mark, 'latin1')))
  return mark
}
