import type { JsonValue } from '../../../store/index.ts'
import { isList, isObject } from './json-value.ts'

/** How two executions of one step differ; `path` is inside an output that is a tree. */
export type Difference =
  | { readonly kind: 'bytes'; readonly output: string; readonly path?: string; readonly offset: number }
  | {
      readonly kind: 'value'
      readonly output: string
      readonly path?: string
      /** A JSON Pointer (RFC 6901); empty for the whole value. */
      readonly pointer: string
      readonly first?: JsonValue
      readonly second?: JsonValue
    }
  | { readonly kind: 'only-in'; readonly output: string; readonly path: string; readonly execution: 1 | 2 }
  | { readonly kind: 'executable'; readonly output: string; readonly path?: string }

function placeOf({ output, path }: Difference): string {
  return path === undefined ? output : `${output}: ${path}`
}

const textMax = 40

function valueText(value: JsonValue | undefined): string {
  if (value === undefined) return 'nothing'
  const text = JSON.stringify(value)
  return text.length <= textMax ? text : `${text.slice(0, textMax)}..`
}

/** Returns a difference in one line: `subtitles: es.srt differs from byte 120 on`. */
export function describeDifference(difference: Difference): string {
  const place = placeOf(difference)
  switch (difference.kind) {
    case 'bytes':
      return `${place} differs from byte ${difference.offset} on`
    case 'value': {
      const { pointer, first, second } = difference
      return `${place} differs at ${pointer === '' ? 'its root' : pointer}: ${valueText(first)} and ${valueText(second)}`
    }
    case 'only-in':
      return `only the ${difference.execution === 1 ? 'first' : 'second'} execution wrote ${place}`
    case 'executable':
      return `${place} is executable in only one of the two`
    default:
      return difference satisfies never
  }
}

/** A place at which two JSON values differ. */
export interface ValueDifference {
  readonly pointer: string
  readonly first?: JsonValue
  readonly second?: JsonValue
}

/** Returns every leaf in which two JSON values differ. */
export function valueDifferences(
  first: JsonValue | undefined,
  second: JsonValue | undefined,
  pointer = '',
): readonly ValueDifference[] {
  if (isList(first) && isList(second)) {
    const length = Math.max(first.length, second.length)
    return Array.from({ length }, (_, index) => index).flatMap((index) =>
      valueDifferences(first[index], second[index], `${pointer}/${index}`),
    )
  }
  if (isObject(first) && isObject(second)) {
    const names = [...new Set([...Object.keys(first), ...Object.keys(second)])].sort()
    return names.flatMap((name) =>
      valueDifferences(first[name], second[name], `${pointer}/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`),
    )
  }
  if (Object.is(first, second)) return []
  return [{ pointer, ...(first === undefined ? {} : { first }), ...(second === undefined ? {} : { second }) }]
}
