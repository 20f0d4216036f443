import type { JsonValue } from '../contract/json.ts'
import { sealJson, unseal, unsealJson } from './envelope.ts'
import type { Table } from './index-db.ts'

/**
 * Returns the payload of the record under a key, in memory that the next read of the index overwrites; undefined where
 * there is no record, or one that does not check.
 */
export function peekSealed(table: Table, key: Uint8Array): Buffer | undefined {
  const record = table.peek(key)
  return record === undefined ? undefined : unseal(key, record)
}

/** Returns the JSON value under a key; undefined where there is none, or one that does not check. */
export function readJson(table: Table, key: Uint8Array): JsonValue | undefined {
  const record = table.peek(key)
  return record === undefined ? undefined : unsealJson(key, record)
}

/** Writes a JSON value under a key, inside a write transaction. */
export function putJson(table: Table, key: Uint8Array, value: JsonValue): void {
  table.put(key, sealJson(key, value))
}
