import type { ActionKey, ActionLabels } from '../contract/action-cache.ts'
import type { JsonObject } from '../contract/json.ts'
import { isObject } from '../contract/json-guards.ts'
import { unsealJson } from '../lmdb/envelope.ts'
import { hashKey } from '../lmdb/index-keys.ts'
import type { DirectoryStore } from '../local/directory-store.ts'

/** An action that the store knows, with or without its result. */
export interface KnownAction {
  readonly key: ActionKey
  readonly action: JsonObject
  /** Absent when only the action is remembered, not its result. */
  readonly labels?: ActionLabels
}

const keyDigits = 64

/** Returns at most `countMax` actions whose keys begin with some hexadecimal digits, sorted by key. */
export function findActions(store: DirectoryStore, digits: string, countMax = 2): readonly KnownAction[] {
  if (!/^[0-9a-f]{1,64}$/.test(digits)) return []
  const { db } = store.context
  db.refresh()
  const found = new Map<ActionKey, KnownAction>()
  const start = digits.padEnd(keyDigits, '0')
  for (const { key, record } of store.actionTable.entries(start)) {
    if (!key.startsWith(digits) || found.size >= countMax) break
    if (record !== 'corrupt') found.set(key, { key, action: record.action, labels: record.labels })
  }
  let remembered = 0
  for (const { key: bytes, value } of db.table('preimages-1').entries(hashKey(start))) {
    const key = Buffer.from(bytes).toString('hex')
    if (!key.startsWith(digits) || remembered >= countMax) break
    const action = unsealJson(bytes, value)
    if (!isObject(action)) continue
    remembered++
    if (!found.has(key)) found.set(key, { key, action })
  }
  return [...found.values()].sort((a, b) => (a.key < b.key ? -1 : 1)).slice(0, countMax)
}
