import type { JsonObject, JsonValue } from './json.ts'

const escapedOrPlainProto = /__proto__|\\u005[fF]/

/**
 * Returns the JSON value that `text` holds, or undefined when it is not JSON, is nested too deeply, or has a property named
 * `__proto__`, which would change the prototype of whatever it is copied into.
 */
export function guardedParse(text: string): JsonValue | undefined {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return undefined
  }
  // The walk is needed only when the text can spell the name at all.
  if (escapedOrPlainProto.test(text) && mayHaveProto(value)) return undefined
  return isJsonValue(value) ? value : undefined
}

/** What is nested too deeply to be looked at counts as if it had one. */
function mayHaveProto(value: unknown): boolean {
  try {
    return hasProto(value)
  } catch (error) {
    if (!(error instanceof RangeError)) throw error
    return true
  }
}

/** What JSON.parse returned is JSON by construction; this tells the compiler so. */
function isJsonValue(value: unknown): value is JsonValue {
  return value !== undefined
}

function hasProto(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false
  if (Object.hasOwn(value, '__proto__')) return true
  return Object.values(value).some(hasProto)
}

/** Returns whether a JSON value is an object, neither null nor an array. */
export function isObject(value: JsonValue | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** Returns whether a JSON value is an array. */
export function isArray(value: JsonValue | undefined): value is readonly JsonValue[] {
  return Array.isArray(value)
}

/** Returns whether a JSON value is a whole number from zero on that a number holds exactly. */
export function isCount(value: JsonValue | undefined): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0
}

/** Returns whether a JSON value is a finite number from zero on. */
export function isAmount(value: JsonValue | undefined): value is number {
  return typeof value === 'number' && Number.isFinite(value) && value >= 0
}

/** Returns the properties of a JSON object whose values are all strings, or undefined. */
export function stringRecord(value: JsonValue | undefined): Readonly<Record<string, string>> | undefined {
  if (!isObject(value)) return undefined
  const record: Record<string, string> = {}
  for (const name of Object.keys(value)) {
    const property = value[name]
    if (typeof property !== 'string') return undefined
    record[name] = property
  }
  return record
}
