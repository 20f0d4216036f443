import type { JsonObject, JsonValue } from '../../../store/index.ts'
import { isList, isObject } from './json-value.ts'

/** One part of a key in which two actions differ. */
export interface Change {
  /** Such as `params.styles[0].font`, `inputs.parts[2]`, `source.stages/mix.ts`. */
  readonly path: string
  readonly from: JsonValue | undefined
  readonly to: JsonValue | undefined
}

/** The first changes inside a value, and how many others there are. */
export interface FirstChanges {
  readonly changes: readonly Change[]
  readonly more: number
  /** False where the values have so many parts that the rest was not compared. */
  readonly isComplete: boolean
}

/** How many parts may still be compared. */
interface Effort {
  left: number
}

/** So many parts of two large values are compared, which takes about a tenth of a second. */
const comparedMax = 2_000_000

/** Returns every leaf in which two actions differ, by its path, in the order of the names. */
export function diffActions(from: JsonObject, to: JsonObject): ({ readonly kind: 'changed' } & Change)[] {
  return diffValues('', from, to).map((change) => ({ kind: 'changed', ...change }))
}

/** Returns every leaf in which two JSON values differ, by its path. */
export function diffValues(path: string, from: JsonValue | undefined, to: JsonValue | undefined): readonly Change[] {
  return [...changesIn(path, from, to, { left: Number.POSITIVE_INFINITY })]
}

/** Returns the first leaves in which two JSON values differ, however large they are, and counts the others. */
export function firstChanges(
  path: string,
  from: JsonValue | undefined,
  to: JsonValue | undefined,
  { listed, compared = comparedMax }: { readonly listed: number; readonly compared?: number },
): FirstChanges {
  const effort = { left: compared }
  const changes: Change[] = []
  let more = 0
  for (const change of changesIn(path, from, to, effort)) {
    if (changes.length < listed) changes.push(change)
    else more += 1
  }
  return { changes, more, isComplete: effort.left > 0 }
}

function* changesIn(
  path: string,
  from: JsonValue | undefined,
  to: JsonValue | undefined,
  effort: Effort,
): Generator<Change> {
  if (effort.left <= 0) return
  effort.left -= 1
  // The first take has no number in the action: keys are older than takes.
  if (path === 'take') {
    if (!isSame(from, to, effort)) yield { path, from: from ?? 1, to: to ?? 1 }
  } else if (isObject(from) && isObject(to)) {
    const names = [...new Set([...Object.keys(from), ...Object.keys(to)])].sort()
    for (const name of names) yield* changesIn(path === '' ? name : `${path}.${name}`, from[name], to[name], effort)
  } else if (isList(from) && isList(to)) {
    const [old, fresh] = [itemsOf(path, from), itemsOf(path, to)]
    if (old === undefined || fresh === undefined || isSame(old, fresh, effort))
      yield* changesInLists(path, from, to, effort)
    else yield* changesIn(path, old, fresh, effort)
  } else if (!isSame(from, to, effort)) yield { path, from, to }
}

/** Returns by name the items that an input gathers, which a key has as pairs: one that came moves all that follow. */
function itemsOf(path: string, list: readonly JsonValue[]): JsonObject | undefined {
  if (!path.startsWith('inputs.')) return undefined
  const items: Record<string, JsonValue> = {}
  for (const one of list) {
    if (!isList(one) || one.length !== 2) return undefined
    const [item, made] = one
    if (typeof item !== 'string' || made === undefined || Object.hasOwn(items, item)) return undefined
    items[item] = made
  }
  return items
}

/** The common start and end of both lists is left out, so that an added or removed element is the only difference. */
function* changesInLists(
  path: string,
  from: readonly JsonValue[],
  to: readonly JsonValue[],
  effort: Effort,
): Generator<Change> {
  const shorter = Math.min(from.length, to.length)
  let head = 0
  while (head < shorter && isSame(from[head], to[head], effort)) head += 1
  let tail = 0
  while (tail < shorter - head && isSame(from.at(-1 - tail), to.at(-1 - tail), effort)) tail += 1
  const length = Math.max(from.length, to.length) - tail
  for (let index = head; index < length; index++) {
    const old = index < from.length - tail ? from[index] : undefined
    const fresh = index < to.length - tail ? to[index] : undefined
    yield* changesIn(`${path}[${index}]`, old, fresh, effort)
  }
}

/** Values that take more effort than is left count as the same: nothing more is told of them. */
function isSame(from: JsonValue | undefined, to: JsonValue | undefined, effort: Effort): boolean {
  effort.left -= 1
  if (from === to || effort.left <= 0) return true
  if (isList(from) && isList(to)) {
    return from.length === to.length && from.every((part, index) => isSame(part, to[index], effort))
  }
  if (!isObject(from) || !isObject(to)) return false
  const names = Object.keys(from)
  return (
    names.length === Object.keys(to).length && names.every((name) => name in to && isSame(from[name], to[name], effort))
  )
}

/** What an event holds of one value; of a longer text the part from where it differs, of any other large value its size. */
const valueCharsMax = 2000
const contextChars = 20

/** Returns a change with no more of its values than people look at. */
export function shortened({ path, from, to }: Change): Change {
  const differsAt = firstDifference(from, to)
  return { path, from: shortValue(from, differsAt), to: shortValue(to, differsAt) }
}

function shortValue(value: JsonValue | undefined, differsAt: number): JsonValue | undefined {
  if (typeof value === 'string') {
    if (value.length <= valueCharsMax) return value
    const start = Math.max(0, Math.min(differsAt - contextChars, value.length - valueCharsMax))
    return value.slice(start, start + valueCharsMax)
  }
  if (!isList(value) && !isObject(value)) return value
  if (JSON.stringify(value).length <= valueCharsMax) return value
  return isList(value) ? `a list of ${value.length}` : `an object of ${Object.keys(value).length} names`
}

/** Returns where two texts start to differ; 0 if one is not a text. */
export function firstDifference(from: JsonValue | undefined, to: JsonValue | undefined): number {
  if (typeof from !== 'string' || typeof to !== 'string') return 0
  let index = 0
  while (index < from.length && from[index] === to[index]) index += 1
  return index
}
