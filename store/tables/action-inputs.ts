import { hashInText } from '../contract/digest.ts'
import type { JsonValue } from '../contract/json.ts'
import { isArray, isObject } from '../contract/json-guards.ts'

/** Returns every hash that the inputs of an action name. */
export function hashesIn(value: JsonValue | undefined): readonly string[] {
  if (typeof value === 'string') {
    const hash = hashInText(value)
    return hash === undefined ? [] : [hash]
  }
  if (isArray(value)) return value.flatMap(hashesIn)
  return isObject(value) ? Object.values(value).flatMap(hashesIn) : []
}
