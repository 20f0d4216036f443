import type { JsonObject, JsonValue } from '../../../store/index.ts'

/** UTF-8, in which JSON is written, has no half of a surrogate pair. */
const halfCharacter = /\p{Surrogate}/u

/** Returns whether a value survives JSON unchanged. */
export function isJson(value: unknown): value is JsonValue {
  if (value === null || typeof value === 'boolean') return true
  if (typeof value === 'string') return !halfCharacter.test(value)
  if (typeof value === 'number') return Number.isFinite(value)
  // A list may have holes, which `every` passes over.
  if (Array.isArray(value)) return Array.from<unknown>(value).every(isJson)
  if (!isRecord(value) || !isPlain(value)) return false
  return Object.keys(value).every((name) => value[name] === undefined || (isJson(name) && isJson(value[name])))
}

/** Returns whether a value is an object that survives JSON unchanged. */
export function isJsonObject(value: unknown): value is JsonObject {
  return isRecord(value) && isJson(value)
}

/** Returns whether a JSON value is an object, neither null nor a list. */
export function isObject(value: JsonValue | undefined): value is JsonObject {
  return isRecord(value)
}

/** Returns whether a JSON value is a list. */
export function isList(value: JsonValue | undefined): value is readonly JsonValue[] {
  return Array.isArray(value)
}

/** Returns whether a value is an object, neither null nor a list. */
export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** Returns whether an object is of no class, so that its properties are all that it is. */
export function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === Object.prototype || prototype === null
}
