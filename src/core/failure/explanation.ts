import type { JsonValue } from '../../../store/index.ts'
import { isList, isObject } from './json-value.ts'
import { type Change, firstDifference } from './value-changes.ts'

/** One reason for a cache miss. */
export type Reason =
  | ({ readonly kind: 'changed' } & Change)
  /** How many other places of one JSON value differ, of which the first are told; at least so many, if not all were compared. */
  | { readonly kind: 'also-changed'; readonly path: string; readonly count: number; readonly atLeast?: true }
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
    case 'also-changed': {
      const { path, count, atLeast } = reason
      return `${path} differs in ${atLeast ? 'at least ' : ''}${count} more ${count === 1 ? 'place' : 'places'}`
    }
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
