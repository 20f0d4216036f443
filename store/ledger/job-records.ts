import type { ActionKey } from '../contract/action-cache.ts'
import type { JsonObject } from '../contract/json.ts'
import { isObject, stringRecord } from '../contract/json-guards.ts'
import { unsealJson } from '../lmdb/envelope.ts'
import type { IndexDb } from '../lmdb/index-db.ts'

/** A readable record of a job. */
export interface JobEntry {
  readonly key: Uint8Array
  readonly record: JsonObject
  /** The action that each step used last. */
  readonly steps: Readonly<Record<string, ActionKey>>
}

/** Returns the readable records of jobs. */
export function jobEntries(db: IndexDb): readonly JobEntry[] {
  return [...db.table('jobs-1').entries()].flatMap(({ key, value }) => {
    const record = unsealJson(key, value)
    return isObject(record) ? [{ key, record, steps: stringRecord(record.steps) ?? {} }] : []
  })
}

/** Returns the action that each step of a pipeline used last in any job. */
export function lastActions(db: IndexDb): readonly { readonly key: Uint8Array; readonly action: ActionKey }[] {
  return [...db.table('steps-1').entries()].flatMap(({ key, value }) => {
    const last = unsealJson(key, value)
    return isObject(last) && typeof last.key === 'string' ? [{ key, action: last.key }] : []
  })
}
