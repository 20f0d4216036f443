import type { ActionKey } from './action-cache.ts'
import { deriveKey } from './digest.ts'
import type { JsonObject, JsonValue } from './json.ts'

const actionContext = 'reprise action v1'
const loneSurrogate = /\p{Surrogate}/u
/** Texts that JSON holds as they are: of ASCII, without quotes, backslashes and control characters. */
const plainText = /^[ !#-[\]-~]*$/

/**
 * Returns the canonical text of a JSON value: one text for equal values, whatever the order of their properties.
 * Throws a TypeError for what JSON cannot say (NaN, infinities, lone surrogates, functions, dates, maps, a bare
 * `undefined`), because a key must never depend on how such a thing happens to be written.
 * Source: RFC 8785, JSON Canonicalization Scheme.
 */
export function canonicalJson(value: JsonValue): string {
  const text = textOf(value)
  if (text !== undefined) return text
  refuseForeign(value, '$')
  throw new TypeError('a value that is not JSON reached the canonical form')
}

/** Returns the key of an action: BLAKE3's derived key of its canonical JSON. */
export function actionKey(action: JsonObject): ActionKey {
  return deriveKey(actionContext, canonicalJson(action))
}

/** Returns whether a key is that of an action; one without a canonical form, such as one with half a surrogate pair, has none. */
export function isKeyOf(key: ActionKey, action: JsonObject): boolean {
  try {
    return actionKey(action) === key
  } catch (error) {
    if (!(error instanceof TypeError || error instanceof RangeError)) throw error
    return false
  }
}

/**
 * Returns the canonical text of a value, or undefined where it holds something that is not JSON. Every step of a run asks
 * for one, so it is written in one pass, and where the foreign part lies is found out only once there is one.
 */
function textOf(value: unknown): string | undefined {
  switch (typeof value) {
    case 'string':
      return quoted(value)
    case 'number':
      return Number.isFinite(value) ? JSON.stringify(value) : undefined
    case 'boolean':
      return value ? 'true' : 'false'
    case 'object':
      if (value === null) return 'null'
      if (Array.isArray(value)) return textOfArray(value)
      return isPlain(value) ? textOfObject(value) : undefined
    default:
      return undefined
  }
}

function textOfArray(values: readonly unknown[]): string | undefined {
  let text = ''
  for (let index = 0; index < values.length; index++) {
    const part = textOf(values[index])
    if (part === undefined) return undefined
    text += index === 0 ? part : `,${part}`
  }
  return `[${text}]`
}

function textOfObject(value: object): string | undefined {
  let text = ''
  for (const name of sortedNames(value)) {
    const property: unknown = Reflect.get(value, name)
    const label = quoted(name)
    if (property === undefined && label !== undefined) continue
    const part = textOf(property)
    if (part === undefined || label === undefined) return undefined
    text += text === '' ? `${label}:${part}` : `,${label}:${part}`
  }
  return `{${text}}`
}

/** Returns the names of properties by their UTF-16 code units, which is how texts are compared. Most come in order. */
function sortedNames(value: object): readonly string[] {
  const names = Object.keys(value)
  // Sorting takes a kilobyte for a dozen names, and every step has some.
  if (names.length > sortedInPlaceMax) return names.sort()
  for (let end = 1; end < names.length; end++) {
    const name = names[end] ?? ''
    let at = end
    for (let before = names[at - 1] ?? ''; at > 0 && before > name; before = names[at - 1] ?? '') {
      names[at] = before
      at -= 1
    }
    names[at] = name
  }
  return names
}

const sortedInPlaceMax = 16

function quoted(text: string): string | undefined {
  if (plainText.test(text)) return `"${text}"`
  return loneSurrogate.test(text) ? undefined : JSON.stringify(text)
}

function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value)
  // Not compared with Object.prototype, because a plain object of another realm has that realm's.
  return prototype === null || Object.getPrototypeOf(prototype) === null
}

/** Throws when `value` holds something that is not JSON; `where` is its path, for the message. */
function refuseForeign(value: unknown, where: string): void {
  switch (typeof value) {
    case 'boolean':
      return
    case 'string':
      if (loneSurrogate.test(value)) throw new TypeError(`${where} holds a lone surrogate, which JSON cannot say`)
      return
    case 'number':
      if (!Number.isFinite(value)) throw new TypeError(`${where} is ${value}, which JSON cannot say`)
      return
    case 'object':
      if (value !== null) refuseForeignObject(value, where)
      return
    default:
      throw new TypeError(`${where} is ${value === undefined ? 'undefined' : `a ${typeof value}`}, which is not JSON`)
  }
}

function refuseForeignObject(value: object, where: string): void {
  if (Array.isArray(value)) {
    for (let index = 0; index < value.length; index++) refuseForeign(value[index], `${where}[${index}]`)
    return
  }
  if (!isPlain(value)) {
    throw new TypeError(`${where} is not a plain object, so its JSON would not say all of it`)
  }
  for (const [name, property] of Object.entries(value)) {
    if (loneSurrogate.test(name)) throw new TypeError(`a property of ${where} has a lone surrogate in its name`)
    if (property !== undefined) refuseForeign(property, `${where}.${name}`)
  }
}
