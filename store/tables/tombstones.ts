import type { JsonValue } from '../contract/json.ts'
import { isObject } from '../contract/json-guards.ts'
import type { IndexDb } from '../lmdb/index-db.ts'
import { putJson, readJson } from '../lmdb/sealed-records.ts'

/** What is remembered of an action or a blob that is gone, so that a miss can say why. */
export type Tombstone =
  | { readonly kind: 'evicted'; readonly at: string; readonly by: string }
  | { readonly kind: 'corrupt'; readonly at: string; readonly what: string }

/** What is gone, by action key or blob hash; both are 32 bytes that nothing else has. */
export interface Tombstones {
  get(key: Uint8Array): Tombstone | undefined
  /** Writes inside a write transaction. */
  put(key: Uint8Array, tombstone: Tombstone): void
  /** Removes inside a write transaction. */
  remove(key: Uint8Array): void
}

/** Returns the tombstones of a store's index. */
export function tombstonesOf(db: IndexDb): Tombstones {
  const table = db.table('tombstones-1')
  /** In which transaction it was last seen whether there are any, and what was seen: of thousands of blobs none has one. */
  let seenIn = 0
  let areNone = false

  function isEmpty(): boolean {
    if (seenIn !== db.transactions) areNone = hasNone()
    seenIn = db.transactions
    return areNone
  }

  function hasNone(): boolean {
    for (const _ of table.entries()) return false
    return true
  }

  return {
    get: (key) => parseTombstone(readJson(table, key)),
    put(key, tombstone) {
      areNone = false
      putJson(table, key, { ...tombstone })
    },
    remove(key) {
      if (!isEmpty() && table.has(key)) table.remove(key)
    },
  }
}

/** Returns the tombstone that a JSON value holds, or undefined when it has another shape. */
export function parseTombstone(value: JsonValue | undefined): Tombstone | undefined {
  if (!isObject(value)) return undefined
  const { kind, at, by, what } = value
  if (typeof at !== 'string') return undefined
  if (kind === 'evicted' && typeof by === 'string') return { kind, at, by }
  if (kind === 'corrupt' && typeof what === 'string') return { kind, at, what }
  return undefined
}
