import canonicalize from 'canonicalize'
import type { ActionKey } from './action-cache.ts'
import { deriveKey } from './digest.ts'
import type { JsonObject, JsonValue } from './json.ts'

const actionContext = 'reprise action v1'
const loneSurrogate = /\p{Surrogate}/u

/**
 * Returns the canonical text of a JSON value: one text for equal values, whatever the order of their properties.
 * Throws a TypeError for what JSON cannot say (NaN, infinities, lone surrogates, functions, dates, maps, a bare
 * `undefined`), because a key must never depend on how such a thing happens to be written.
 * Source: RFC 8785, JSON Canonicalization Scheme.
 */
export function canonicalJson(value: JsonValue): string {
  refuseForeign(value, '$')
  const text = canonicalize(value)
  if (text === undefined) throw new TypeError('a JSON value is needed, and this is undefined')
  return text
}

/** Returns the key of an action: BLAKE3's derived key of its canonical JSON. */
export function actionKey(action: JsonObject): ActionKey {
  return deriveKey(actionContext, canonicalJson(action))
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
  const prototype: unknown = Object.getPrototypeOf(value)
  // Not compared with Object.prototype, because a plain object of another realm has that realm's.
  if (prototype !== null && Object.getPrototypeOf(prototype) !== null) {
    throw new TypeError(`${where} is not a plain object, so its JSON would not say all of it`)
  }
  for (const [name, property] of Object.entries(value)) {
    if (loneSurrogate.test(name)) throw new TypeError(`a property of ${where} has a lone surrogate in its name`)
    if (property !== undefined) refuseForeign(property, `${where}.${name}`)
  }
}
