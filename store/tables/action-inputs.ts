import type { JsonValue } from '../contract/json.ts'
import { isArray, isObject } from '../contract/json-guards.ts'

const digestPattern = /^b3:([0-9a-f]{64})$/

/** Returns every hash that the inputs of an action name. */
export function hashesIn(value: JsonValue | undefined): readonly string[] {
  if (typeof value === 'string') return digestPattern.exec(value)?.slice(1) ?? []
  if (isArray(value)) return value.flatMap(hashesIn)
  return isObject(value) ? Object.values(value).flatMap(hashesIn) : []
}
