import type { JsonObject, JsonValue } from '../../../store/index.ts'

/** UTF-8, in which JSON is written, has no half of a surrogate pair. */
const halfCharacter = /\p{Surrogate}/u

/** Whatever reads and writes JSON calls itself for each level, and a stack has an end. */
const deepest = 1000

/** Returns whether a value survives JSON unchanged. One that contains itself does not. */
export function isJson(value: unknown): value is JsonValue {
  return isJsonWithin(value, deepest)
}

function isJsonWithin(value: unknown, levels: number): boolean {
  if (value === null || typeof value === 'boolean') return true
  if (typeof value === 'string') return !halfCharacter.test(value)
  if (typeof value === 'number') return Number.isFinite(value)
  if (levels === 0) return false
  // A list may have holes, which `every` passes over.
  if (Array.isArray(value)) return Array.from<unknown>(value).every((part) => isJsonWithin(part, levels - 1))
  if (!isRecord(value) || !isPlain(value)) return false
  return Object.keys(value).every(
    (name) => value[name] === undefined || (isJson(name) && isJsonWithin(value[name], levels - 1)),
  )
}

/** A part of a value, such as `plan.id`, and what it is. */
export interface ForeignPart {
  readonly path: string
  readonly what: string
}

/** Returns the first part of a value that JSON cannot hold; undefined where there is none. */
export function notJson(value: unknown, path: string): ForeignPart | undefined {
  return isJson(value) ? undefined : foreignPart(value, path, [])
}

function foreignPart(value: unknown, path: string, within: readonly unknown[]): ForeignPart | undefined {
  if (value === null || typeof value !== 'object') return isJson(value) ? undefined : { path, what: wordFor(value) }
  if (within.includes(value)) return { path, what: 'an object that contains itself' }
  if (within.length === deepest) return { path: shortened(path), what: `nested more than ${deepest} deep` }
  const inner = [...within, value]
  if (Array.isArray(value)) {
    return firstOf(Array.from<unknown>(value).map((part, index) => () => foreignPart(part, `${path}.${index}`, inner)))
  }
  if (!isPlain(value)) return { path, what: wordFor(value) }
  const parts = Object.entries(value).filter(([, part]) => part !== undefined)
  if (!parts.every(([name]) => isJson(name))) return { path, what: `an object with a name with ${halfWord}` }
  return firstOf(
    parts.map(
      ([name, part]) =>
        () =>
          foreignPart(part, path === '' ? name : `${path}.${name}`, inner),
    ),
  )
}

function firstOf(looks: readonly (() => ForeignPart | undefined)[]): ForeignPart | undefined {
  for (const look of looks) {
    const found = look()
    if (found !== undefined) return found
  }
  return undefined
}

function shortened(path: string): string {
  return path.length > 40 ? `${path.slice(0, 40)}...` : path
}

const halfWord = 'half a character (a lone surrogate)'

function wordFor(value: unknown): string {
  if (typeof value === 'number') return String(value)
  if (value === undefined) return 'undefined in a list'
  if (typeof value === 'string') return `a text with ${halfWord}`
  if (typeof value !== 'object') return `a ${typeof value}`
  if (value instanceof Promise) return 'a promise (an await is missing)'
  const name: unknown = value?.constructor?.name
  return typeof name === 'string' && name !== '' ? `an object of the class ${name}` : 'an object of some class'
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
