import type { StandardSchemaV1 } from '@standard-schema/spec'
import { isRecord } from '../../failure/json-value.ts'

/** What JSON has; a schema may want other things, which nobody can write as a param or into a file. */
const jsonKinds = ['string', 'number', 'int', 'boolean', 'null', 'array', 'object', 'record', 'tuple']
/** What a schema wants where it wants nothing. */
const nothing = ['undefined', 'never', 'void']

/**
 * Returns what the library for schemas tells of an issue and the JSON Schemas of its place do not; undefined where they tell
 * it all.
 */
export function issueWords(
  issue: StandardSchemaV1.Issue,
  value: unknown,
  given: string,
  nodes: readonly Record<string, unknown>[],
): string | undefined {
  const { code, expected, origin, note, minimum, maximum }: Record<string, unknown> = { ...issue }
  if (code === 'custom') return `its schema refuses ${given}`
  if (typeof note === 'string' && origin === 'int' && note.includes('safe'))
    return `it takes an integer of at most ${Number.MAX_SAFE_INTEGER}, which a number holds exactly`
  if (origin === 'date' || origin === 'bigint') {
    const [side, bound] = minimum === undefined ? ['most', maximum] : ['least', minimum]
    const limit = origin === 'date' && typeof bound === 'number' ? dayText(bound) : String(bound)
    return `it takes ${origin === 'date' ? 'a date' : 'an integer'} of at ${side} ${limit}, not ${given}`
  }
  if (code !== 'invalid_type' || typeof expected !== 'string' || value === undefined) return undefined
  if (nothing.includes(expected)) return `it takes no value, not ${given}`
  if (['date', 'bigint'].includes(expected)) return undefined
  if (!jsonKinds.includes(expected))
    return `its schema wants a ${expected}, which cannot be written as JSON, not ${given}`
  // A schema that makes one type of another has JSON Schema tell the first one.
  const isTold = nodes.some(({ type }) => type === 'number' || type === 'integer')
  return expected === 'number' && typeof value === 'string' && !isTold ? `it takes a number, not ${given}` : undefined
}

function dayText(time: number): string {
  return new Date(time).toISOString().replace('T00:00:00.000Z', '')
}

/** Returns the issues of a choice of shapes as those of the shape that comes nearest; others as they are. */
export function nearestIssues(issue: StandardSchemaV1.Issue, given: unknown): readonly StandardSchemaV1.Issue[] {
  const { code, errors }: Record<string, unknown> = { ...issue }
  const choices = code === 'invalid_union' && Array.isArray(errors) ? errors.filter(isIssues) : []
  const within = valueAt(given, issue.path ?? [])
  const [own] = choices.filter((issues) => issues.every((one) => 'code' in one && one.code === 'custom'))
  // The author's words: nothing but these is wrong with one of the choices.
  if (own?.every(({ message }) => message !== 'Invalid input')) return below(issue, own)
  const deep = choices.filter((issues) => issues.every(({ path = [] }) => path.length > 0))
  if (!isRecord(within) || Array.isArray(within)) return [issue]
  const [nearest] = deep.toSorted((one, other) => distance(one) - distance(other))
  return nearest === undefined ? [issue] : below(issue, nearest)
}

function below(
  { path = [] }: StandardSchemaV1.Issue,
  issues: readonly StandardSchemaV1.Issue[],
): readonly StandardSchemaV1.Issue[] {
  return issues.map((one) => ({ ...one, path: [...path, ...(one.path ?? [])] }))
}

function isIssues(value: unknown): value is readonly StandardSchemaV1.Issue[] {
  return Array.isArray(value) && value.every((one) => isRecord(one) && typeof one.message === 'string')
}

/** A shape whose literals are others was not meant. */
function distance(issues: readonly StandardSchemaV1.Issue[]): number {
  const others = issues.filter((issue) => 'code' in issue && issue.code === 'invalid_value')
  return others.length * 100 + issues.length
}

/** Returns a part of a value. */
export function valueAt(given: unknown, path: NonNullable<StandardSchemaV1.Issue['path']>): unknown {
  let value = given
  for (const part of path) {
    if (typeof value !== 'object' || value === null) return undefined
    value = Object.getOwnPropertyDescriptor(value, typeof part === 'object' ? part.key : part)?.value
  }
  return value
}

/** Returns the names that an object has and its schema does not know; none for any other issue. */
export function unknownKeys(issue: StandardSchemaV1.Issue): readonly string[] {
  const { code, keys }: Record<string, unknown> = { ...issue }
  return code === 'unrecognized_keys' && Array.isArray(keys) ? keys.map(String) : []
}
