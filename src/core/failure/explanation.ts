import type { JsonObject, JsonValue } from '../../../store/index.ts'
import { isList, isObject } from './json-value.ts'

/** One part of a key in which two actions differ. */
export interface Change {
  /** Such as `params.styles[0].font`, `inputs.parts[2]`, `source.stages/mix.ts`. */
  readonly path: string
  readonly from: JsonValue | undefined
  readonly to: JsonValue | undefined
}

/** One reason for a cache miss. */
export type Reason =
  | ({ readonly kind: 'changed' } & Change)
  /** `nearest`: in what it differs from the result of its stage that is most like it. */
  | { readonly kind: 'never-run'; readonly nearest?: readonly Change[] }
  /** The step's last run had the same action, but failed, was cancelled, or could not record its result. */
  | { readonly kind: 'no-result' }
  | { readonly kind: 'evicted'; readonly at: string; readonly by: string }
  | { readonly kind: 'missing'; readonly what: string }
  | { readonly kind: 'corrupt'; readonly what: string }
  | { readonly kind: 'forced' }
  | { readonly kind: 'not-cacheable'; readonly because: string }
  /** A remote has its result, but computing it takes less time than fetching it would. */
  | {
      readonly kind: 'remote-slower'
      readonly remote: string
      readonly sizeBytes: number
      readonly fetchMs: number
      readonly computeMs: number
    }
  /** A remote has a result that does not count: nobody who is trusted signed it, or it is not whole. */
  | { readonly kind: 'remote-refused'; readonly remote: string; readonly what: string }

/** Returns every leaf in which two actions differ, by its path, in the order of the names. */
export function diffActions(from: JsonObject, to: JsonObject): (Reason & { readonly kind: 'changed' })[] {
  return diffValues('', from, to).map((change) => ({ kind: 'changed', ...change }))
}

/** Returns every leaf in which two JSON values differ, by its path. */
export function diffValues(path: string, from: JsonValue | undefined, to: JsonValue | undefined): readonly Change[] {
  // The first take has no number in the action: keys are older than takes.
  if (path === 'take') return isSame(from, to) ? [] : [{ path, from: from ?? 1, to: to ?? 1 }]
  if (isObject(from) && isObject(to)) {
    const names = [...new Set([...Object.keys(from), ...Object.keys(to)])].sort()
    return names.flatMap((name) => diffValues(path === '' ? name : `${path}.${name}`, from[name], to[name]))
  }
  if (isList(from) && isList(to)) return diffLists(path, from, to)
  return isSame(from, to) ? [] : [{ path, from, to }]
}

/** The common start and end of both lists is left out, so that an added or removed element is the only difference. */
function diffLists(path: string, from: readonly JsonValue[], to: readonly JsonValue[]): readonly Change[] {
  const shorter = Math.min(from.length, to.length)
  let head = 0
  while (head < shorter && isSame(from[head], to[head])) head += 1
  let tail = 0
  while (tail < shorter - head && isSame(from.at(-1 - tail), to.at(-1 - tail))) tail += 1
  const changes: Change[] = []
  const length = Math.max(from.length, to.length) - tail
  for (let index = head; index < length; index++) {
    const old = index < from.length - tail ? from[index] : undefined
    const fresh = index < to.length - tail ? to[index] : undefined
    changes.push(...diffValues(`${path}[${index}]`, old, fresh))
  }
  return changes
}

function isSame(from: JsonValue | undefined, to: JsonValue | undefined): boolean {
  if (from === to) return true
  if (isList(from) && isList(to)) {
    return from.length === to.length && from.every((part, index) => isSame(part, to[index]))
  }
  if (!isObject(from) || !isObject(to)) return false
  const names = Object.keys(from)
  return names.length === Object.keys(to).length && names.every((name) => name in to && isSame(from[name], to[name]))
}

const hashPattern = /^b3:[0-9a-f]{64}$/
const textMax = 60
const contextChars = 12

/** Returns a value in short; of a long text only the part from `differsAt` on. */
function valueText(value: JsonValue | undefined, differsAt: number): string {
  if (value === undefined) return 'none'
  if (typeof value === 'string') return hashPattern.test(value) ? `${value.slice(0, 11)}..` : quoted(value, differsAt)
  if (isList(value)) return clipped(`[${value.map((part) => valueText(part, 0)).join(',')}]`)
  if (isObject(value)) {
    const parts = Object.entries(value).map(([name, part]) => `${JSON.stringify(name)}:${valueText(part, 0)}`)
    return clipped(`{${parts.join(',')}}`)
  }
  return JSON.stringify(value)
}

function quoted(text: string, differsAt: number): string {
  if (text.length <= textMax) return JSON.stringify(text)
  const start = Math.max(0, Math.min(differsAt - contextChars, text.length - textMax))
  const part = JSON.stringify(text.slice(start, start + textMax))
  return `${start > 0 ? '..' : ''}${part}${start + textMax < text.length ? '..' : ''}`
}

function clipped(text: string): string {
  return text.length <= textMax ? text : `${text.slice(0, textMax)}..`
}

/** Returns where two texts start to differ; 0 if one is not a text. */
function firstDifference(from: JsonValue | undefined, to: JsonValue | undefined): number {
  if (typeof from !== 'string' || typeof to !== 'string') return 0
  let index = 0
  while (index < from.length && from[index] === to[index]) index += 1
  return index
}

const sourcePrefix = 'source.'

/** Returns a change as one line: `params.maxLineChars 42 -> 32`, `source mix.ts changed`. */
export function describeChange({ path, from, to }: Change): string {
  if (path.startsWith(sourcePrefix)) {
    const file = path.slice(sourcePrefix.length)
    return `source ${file} ${from === undefined ? 'is new' : to === undefined ? 'is gone' : 'changed'}`
  }
  if (path === 'source') return `the stage's source is ${to === undefined ? 'no longer' : 'now'} part of the key`
  const differsAt = firstDifference(from, to)
  // In an action, an absent input and an unset environment variable are null.
  const isPresence = path.startsWith('inputs.') || path.startsWith('env.')
  const text = (value: JsonValue | undefined) => valueText(isPresence ? (value ?? undefined) : value, differsAt)
  return `${path} ${text(from)} -> ${text(to)}`
}

const shownMax = 3

function listed(changes: readonly Change[]): string {
  const shown = changes.slice(0, shownMax).map(describeChange)
  const more = changes.length - shown.length
  return [...shown, ...(more > 0 ? [`and ${more} more`] : [])].join('; ')
}

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(bytes < 1e7 ? 1 : 0)} MB`
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(ms < 10_000 ? 1 : 0)} s`
}

/** Returns a reason in one line. */
export function describeReason(reason: Reason): string {
  switch (reason.kind) {
    case 'changed':
      return describeChange(reason)
    case 'never-run': {
      const { nearest = [] } = reason
      return nearest.length === 0 ? 'never run' : `never run in this job; the nearest result has ${listed(nearest)}`
    }
    case 'no-result':
      return 'not finished in its last run'
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
    case 'remote-slower': {
      const { remote, sizeBytes, fetchMs, computeMs } = reason
      return `to fetch ${megabytes(sizeBytes)} from ${remote} would take ${seconds(fetchMs)}, and to compute it ${seconds(computeMs)}`
    }
    case 'remote-refused':
      return `the result in ${reason.remote} is not used: ${reason.what}`
    default:
      return reason satisfies never
  }
}
