import { canonicalJson } from '../contract/canonical-json.ts'
import type { JsonValue } from '../contract/json.ts'
import { isObject } from '../contract/json-guards.ts'
import type { Memos } from '../contract/local/ledger.ts'
import { valueOr } from '../disk/io-failure.ts'
import type { IndexDb } from '../lmdb/index-db.ts'
import { textKey } from '../lmdb/index-keys.ts'
import type { PendingWrites } from '../lmdb/pending-writes.ts'
import { putJson, readJson } from '../lmdb/sealed-records.ts'

/** Returns the memos that a store's index keeps. */
export function createMemos({ db, pending }: { readonly db: IndexDb; readonly pending: PendingWrites }): Memos {
  const table = db.table('memos-1')
  const fresh = pending.collect<string, JsonValue>((entries) => {
    for (const [name, value] of entries) putJson(table, textKey(name), { name, value })
  })

  return {
    get(name) {
      const waiting = fresh.get(name)
      if (waiting !== undefined) return waiting
      return valueOr(undefined, () => {
        const memo = readJson(table, textKey(name))
        return isObject(memo) ? memo.value : undefined
      })
    },
    set(name, value) {
      const copy: JsonValue = JSON.parse(canonicalJson(value))
      fresh.set(name, copy)
    },
  }
}
