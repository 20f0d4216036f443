import type { JsonObject, JsonValue } from '../../store/index.ts'

/** One reason why a step missed. */
export type Reason =
  | {
      readonly kind: 'changed'
      readonly path: string
      readonly from: JsonValue | undefined
      readonly to: JsonValue | undefined
    }
  | { readonly kind: 'never-run' }
  | { readonly kind: 'evicted'; readonly at: string; readonly by: string }
  | { readonly kind: 'missing'; readonly what: string }
  | { readonly kind: 'corrupt'; readonly what: string }
  | { readonly kind: 'forced' }
  | { readonly kind: 'not-cacheable'; readonly because: string }

function isObject(value: JsonValue | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** Returns every leaf in which two actions differ, by its path, in the order of the names. */
export function diffActions(from: JsonObject, to: JsonObject): Reason[] {
  return diffValues('', from, to)
}

function diffValues(path: string, from: JsonValue | undefined, to: JsonValue | undefined): Reason[] {
  if (isObject(from) && isObject(to)) {
    const names = [...new Set([...Object.keys(from), ...Object.keys(to)])].sort()
    return names.flatMap((name) => diffValues(path === '' ? name : `${path}.${name}`, from[name], to[name]))
  }
  return JSON.stringify(from) === JSON.stringify(to) ? [] : [{ kind: 'changed', path, from, to }]
}

const hashPattern = /^b3:[0-9a-f]{64}$/

function valueText(value: JsonValue | undefined): string {
  if (value === undefined) return 'none'
  if (typeof value === 'string' && hashPattern.test(value)) return `${value.slice(0, 11)}..`
  return JSON.stringify(value)
}

/** Returns a reason in one line: `params.maxLineChars 42 -> 32`. */
export function describeReason(reason: Reason): string {
  switch (reason.kind) {
    case 'changed':
      return `${reason.path} ${valueText(reason.from)} -> ${valueText(reason.to)}`
    case 'never-run':
      return 'never run'
    case 'evicted':
      return `evicted ${reason.at} by ${reason.by}`
    case 'missing':
      return `missing from the store: ${reason.what}`
    case 'corrupt':
      return `corrupt: ${reason.what}`
    case 'forced':
      return 'forced'
    case 'not-cacheable':
      return `not cacheable: ${reason.because}`
    default:
      return reason satisfies never
  }
}
