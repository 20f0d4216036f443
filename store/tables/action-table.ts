import type { ActionKey, ActionRecord } from '../contract/action-cache.ts'
import { actionRecordJson, parseActionRecord } from '../contract/action-record.ts'
import { unsealJson } from '../lmdb/envelope.ts'
import type { IndexDb } from '../lmdb/index-db.ts'
import { hashKey } from '../lmdb/index-keys.ts'
import { putJson } from '../lmdb/sealed-records.ts'
import { renewRemovalMark } from './removal-mark.ts'

/** The actions of a store's index: the sealed JSON of an `ActionRecord`, under its key's 32 bytes. */
export interface ActionTable {
  /** Returns the record, `corrupt` when what is there does not check, or undefined when nothing is. */
  get(key: ActionKey): ActionRecord | 'corrupt' | undefined
  has(key: ActionKey): boolean
  /** Writes inside a write transaction that is counted, so that a collection notices. */
  put(record: ActionRecord): void
  /** Removes inside a write transaction, and leaves the mark that something was removed. */
  remove(key: ActionKey): void
  /** Iterates over the records, from the first key that is not before `from`; those that do not check are `corrupt`. */
  entries(from?: string): IterableIterator<{ readonly key: ActionKey; readonly record: ActionRecord | 'corrupt' }>
  count(): number
}

/** Returns the actions of a store's index. */
export function actionTableOf(db: IndexDb): ActionTable {
  const table = db.table('actions-1')
  return {
    get(key) {
      const bytes = hashKey(key)
      const value = table.peek(bytes)
      return value === undefined ? undefined : decode(bytes, value)
    },
    has: (key) => table.has(hashKey(key)),
    put(record) {
      putJson(table, hashKey(record.key), actionRecordJson(record))
    },
    remove(key) {
      table.remove(hashKey(key))
      renewRemovalMark(db)
    },
    *entries(from) {
      const start = from === undefined ? undefined : Buffer.from(from, 'hex')
      for (const { key, value } of table.entries(start)) {
        yield { key: Buffer.from(key).toString('hex'), record: decode(key, value) }
      }
    },
    count: () => table.count(),
  }
}

function decode(key: Uint8Array, value: Uint8Array): ActionRecord | 'corrupt' {
  const record = parseActionRecord(unsealJson(key, value))
  return record?.key === Buffer.from(key).toString('hex') ? record : 'corrupt'
}
