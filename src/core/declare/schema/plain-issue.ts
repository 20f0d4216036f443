import type { StandardSchemaV1 } from '@standard-schema/spec'
import { isRecord } from '../../failure/json-value.ts'
import { unknownName } from '../../failure/nearest.ts'
import { issueWords, unknownKeys, valueAt } from './issue-words.ts'
import { alternatives, jsonSchemaOf, paramSchemas, referred } from './json-schema.ts'

type Node = Record<string, unknown>

/** Returns where in a value an issue is: `groups.0.id`. */
export function pathText(issue: StandardSchemaV1.Issue): string {
  return partsOf(issue).join('.')
}

function partsOf({ path = [] }: StandardSchemaV1.Issue): readonly string[] {
  return path.map((part) => String(typeof part === 'object' ? part.key : part))
}

/** How the library for schemas says by itself what is wrong; what an author says is left as it is. */
const libraryText = /^(?:Invalid |Too (?:small|big): |Unrecognized key)/

/** Returns what is wrong with a value in words that say what was given, and what is taken. */
export function plainIssue(schema: StandardSchemaV1, given: unknown, issue: StandardSchemaV1.Issue): string {
  if (!('code' in issue) || !libraryText.test(issue.message)) return issue.message
  const root = jsonSchemaOf(schema)
  const parts = partsOf(issue)
  const nodes = root === undefined ? [] : nodesAt(root, parts)
  const value = valueAt(given, issue.path ?? [])
  if (root === undefined || nodes.length === 0) return issue.message
  const [strange] = unknownKeys(issue)
  const known = nodes.flatMap(({ properties }) => (isRecord(properties) ? Object.keys(properties) : namesOf(nodes)))
  if (strange !== undefined) return unknownName('name', strange, known)
  const words = issueWords(issue, value, givenText(value), nodes)
  if (words !== undefined) return words
  const choices = nodes.flatMap((node) => choicesOf(node) ?? [undefined])
  if (typeof value === 'string' && choices.length > 0 && choices.every((choice) => typeof choice === 'string')) {
    return unknownName('value', value, choices)
  }
  const taken = [...new Set(nodes.map((node) => takenText(node, root)))].join(', or ')
  return value === undefined ? `it is missing; it takes ${taken}` : `it takes ${taken}, not ${givenText(value)}`
}

function choicesOf({ enum: all, const: only }: Node): readonly unknown[] | undefined {
  return Array.isArray(all) ? all : only === undefined ? undefined : [only]
}

/** The names that a record may have where its schema lists them. */
function namesOf(nodes: readonly Node[]): readonly string[] {
  return nodes
    .flatMap(({ propertyNames }) => (isRecord(propertyNames) ? (choicesOf(propertyNames) ?? []) : []))
    .map(String)
}

/** Returns the JSON Schemas of a part of a value. */
function nodesAt(root: Node, parts: readonly string[]): readonly Node[] {
  const [first, ...others] = parts
  if (first === undefined) return [root]
  let nodes = root.type === 'array' ? partOf(root, first) : (paramSchemas(root).get(first) ?? partOf(root, first))
  for (const part of others) nodes = nodes.flatMap((node) => within(node, root)).flatMap((node) => partOf(node, part))
  return nodes.flatMap((node) => within(node, root))
}

/** Returns a JSON Schema, or those that it is a choice of. */
function within(node: unknown, root: Node, depth = 0): readonly Node[] {
  const whole = referred(node, root)
  if (whole === undefined || depth > 8) return []
  const choice = alternatives(whole)
  return choice.length === 0 ? [whole] : choice.flatMap((one) => within(one, root, depth + 1))
}

function partOf(node: Node, name: string): readonly Node[] {
  const { properties, prefixItems, items, additionalProperties } = node
  const found =
    isRecord(properties) && Object.hasOwn(properties, name)
      ? properties[name]
      : Array.isArray(prefixItems) && Number(name) < prefixItems.length
        ? prefixItems[Number(name)]
        : (items ?? additionalProperties)
  return isRecord(found) ? [found] : []
}

const textMax = 60

function givenText(value: unknown): string {
  const text = value instanceof Date ? String(value) : (JSON.stringify(value) ?? String(value))
  return text.length <= textMax ? text : `${text.slice(0, textMax)}..`
}

/** Returns what a JSON Schema takes, in words: `an integer from 1 to 10`, `a list of texts`. */
function takenText(node: Node, root: Node): string {
  if (Array.isArray(node.enum)) return node.enum.map((one) => JSON.stringify(one)).join(' or ')
  if (node.const !== undefined) return JSON.stringify(node.const)
  if (Array.isArray(node.type)) return node.type.map((type) => takenText({ ...node, type }, root)).join(', or ')
  switch (node.type) {
    case 'null':
      return 'null'
    case 'boolean':
      return 'true or false'
    case 'integer':
      return `an integer${numberRange(node)}`
    case 'number':
      return `a number${numberRange(node)}`
    case 'string':
      return stringText(node)
    case 'array':
      return listText(node, root)
    case 'object':
      return objectText(node)
    default:
      return typeof node.type === 'string' ? node.type : 'something else'
  }
}

function numberRange({ minimum, maximum, exclusiveMinimum, exclusiveMaximum, multipleOf }: Node): string {
  const [least, most] = [bound(minimum), bound(maximum)]
  const [above, below] = [bound(exclusiveMinimum), bound(exclusiveMaximum)]
  const range =
    least !== undefined && most !== undefined
      ? ` from ${least} to ${most}`
      : [
          ...(least === undefined ? [] : [` of at least ${least}`]),
          ...(most === undefined ? [] : [` of at most ${most}`]),
          ...(above === undefined ? [] : [` above ${above}`]),
          ...(below === undefined ? [] : [` below ${below}`]),
        ].join(' and')
  return `${range}${typeof multipleOf === 'number' ? ` that is a multiple of ${multipleOf}` : ''}`
}

/** Every integer has the bounds of those that a number holds exactly. */
function bound(value: unknown): number | undefined {
  return typeof value === 'number' && Math.abs(value) < Number.MAX_SAFE_INTEGER ? value : undefined
}

function stringText({ format, pattern, minLength, maxLength }: Node): string {
  if (format === 'date-time') return 'a date, such as 2026-01-31'
  if (format === 'integer') return 'an integer'
  if (typeof format === 'string') return `a text in the format '${format}'`
  if (typeof pattern === 'string') return `a text that matches /${pattern}/`
  return `a text${amount(minLength, maxLength, 'character')}`
}

function amount(least: unknown, most: unknown, what: string): string {
  const [from, to] = [typeof least === 'number' && least > 0 ? least : undefined, bound(most)]
  const number = to ?? from
  const named = `${what}${number === 1 ? '' : 's'}`
  if (from !== undefined && to !== undefined)
    return from === to ? ` of ${to} ${named}` : ` of ${from} to ${to} ${named}`
  if (from !== undefined) return ` of at least ${from} ${named}`
  return to === undefined ? '' : ` of at most ${to} ${named}`
}

const plurals: Readonly<Record<string, string>> = {
  boolean: 'true or false',
  integer: 'integers',
  number: 'numbers',
  string: 'texts',
  array: 'lists',
  object: 'objects',
}

function listText({ items, prefixItems, minItems, maxItems }: Node, root: Node): string {
  if (Array.isArray(prefixItems)) return `a list of ${prefixItems.length}`
  const [item, other] = within(items, root)
  const kinds = item === undefined || other !== undefined ? '' : (plurals[String(item.type)] ?? '')
  const count = amount(minItems, maxItems, 'item')
  if (count === '') return kinds === '' ? 'a list' : `a list of ${kinds}`
  return kinds === '' ? `a list${count}` : `a list${count}, which are ${kinds}`
}

function objectText({ properties, required }: Node): string {
  const names =
    Array.isArray(required) && required.length > 0 ? required : isRecord(properties) ? Object.keys(properties) : []
  return names.length === 0 ? 'an object' : `an object with ${names.map((name) => `'${String(name)}'`).join(', ')}`
}
