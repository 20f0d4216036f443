import type { StandardSchemaV1 } from '@standard-schema/spec'
import type { JsonObject, JsonValue, Result } from '../../../store/index.ts'
import {
  alternatives,
  isJson,
  isList,
  isObject,
  isRecord,
  jsonSchemaOf,
  paramSchemas,
  referred,
} from '../../core/index.ts'

/** Returns the values of repeated flags of this form, by name and in order. */
export function readNameValues(
  flag: string,
  texts: readonly string[],
  form = 'name=value',
): Result<ReadonlyMap<string, readonly string[]>, string> {
  const values = new Map<string, string[]>()
  for (const text of texts) {
    const equals = text.indexOf('=')
    if (equals <= 0) return { ok: false, error: `${flag} takes ${form}, not '${text}'` }
    const name = text.slice(0, equals)
    values.set(name, [...(values.get(name) ?? []), text.slice(equals + 1)])
  }
  return { ok: true, value: values }
}

/** Returns params as the pipeline's schema takes them. A list may be given at once (`to=es,ca`) or piece by piece. */
export function readParams(schema: StandardSchemaV1, texts: readonly string[]): Result<JsonObject, string> {
  // Reading the schema takes longer than everything else here.
  if (texts.length === 0) return { ok: true, value: {} }
  const named = readNameValues('-p', texts)
  if (!named.ok) return named
  for (const [name, values] of named.value) {
    if (values.length > 1 && !takesList(schema, name))
      return { ok: false, error: `the param '${name}' is given ${values.length} times; give it once` }
    const [text = ''] = values
    if (isAlmostJson(text) && takesList(schema, name) && !takesText(schema, name))
      return { ok: false, error: `the param '${name}' is not valid JSON: ${text}; write ["a","b"], or a,b` }
  }
  return { ok: true, value: paramsOfTexts(schema, named.value) }
}

type Node = Record<string, unknown>

/**
 * Returns what a user wrote as `name=value`, as the value that the schema takes. A text may stand for several values:
 * `1080` for a number, a text or one of a choice. The JSON Schema tells which, and of those, the schema takes one.
 * What cannot be read is left for the schema to refuse.
 */
function paramsOfTexts(schema: StandardSchemaV1, written: ReadonlyMap<string, readonly string[]>): JsonObject {
  const root = jsonSchemaOf(schema)
  const schemas = root === undefined ? undefined : paramSchemas(root)
  const readings = new Map<string, readonly JsonValue[]>()
  // As own properties, also where one is called __proto__.
  const params = new Map<string, JsonValue>()
  for (const [name, texts] of written) {
    const nodes = schemas?.get(name) ?? (isRecord(root?.additionalProperties) ? [root.additionalProperties] : [{}])
    const values = nodes.flatMap((node) => new Reader(root ?? {}).readAll(texts, node))
    readings.set(name, values)
    params.set(name, values[0] ?? texts.join(','))
  }
  for (const [name, values] of readings) {
    const others = Object.fromEntries(params)
    if (values.length > 1)
      params.set(
        name,
        bestOf(values, (value) => issueCount(schema, { ...others, [name]: value })),
      )
  }
  return Object.fromEntries(params)
}

/** Returns whether a param may be given piece by piece. */
function takesList(schema: StandardSchemaV1, name: string): boolean {
  const root = jsonSchemaOf(schema)
  const nodes = root === undefined ? undefined : paramSchemas(root).get(name)
  return nodes?.some((node) => new Reader(root ?? {}).isList(node)) === true
}

/** Returns whether a param may be a text, too. */
function takesText(schema: StandardSchemaV1, name: string): boolean {
  const root = jsonSchemaOf(schema)
  const nodes = root === undefined ? [] : (paramSchemas(root).get(name) ?? [])
  return nodes.some((node) => new Reader(root ?? {}).isText(node))
}

/** Returns whether a text has the brackets and commas of a list in JSON, but not what lies between them. */
function isAlmostJson(text: string): boolean {
  if (!/^\s*\[.*,.*\]\s*$/s.test(text)) return false
  try {
    JSON.parse(text)
    return false
  } catch {
    return true
  }
}

/** Returns the first value with the fewest issues. */
function bestOf(values: readonly JsonValue[], count: (value: JsonValue) => number): JsonValue {
  let [best = null] = values
  let fewest = Number.POSITIVE_INFINITY
  for (const value of values) {
    const issues = count(value)
    if (issues < fewest) [best, fewest] = [value, issues]
  }
  return best
}

function issueCount(schema: StandardSchemaV1, params: JsonObject): number {
  try {
    const checked = schema['~standard'].validate(params)
    if (!(checked instanceof Promise)) return checked.issues?.length ?? 0
    checked.catch(() => {})
  } catch {
    // Whoever checks the params says so.
  }
  // It got as far as the part that throws, or takes its time.
  return 0
}

/** Reads texts by the parts of one JSON Schema. */
class Reader {
  readonly #root: Node

  constructor(root: Node) {
    this.#root = root
  }

  /** Returns what the pieces of a param may stand for, the most particular first. */
  readAll(texts: readonly string[], node: unknown): readonly JsonValue[] {
    const [text = ''] = texts
    if (texts.length <= 1) return this.read(text, node)
    const lists = texts.map((piece) => this.read(piece, node).find(isList) ?? [piece])
    return [lists.flat()]
  }

  /** Returns what a text may stand for, the most particular first: `null` before a number before a text. */
  read(text: string, node: unknown, depth = 0): readonly JsonValue[] {
    const shapes = this.#shapesOf(node)
    // A schema may be a list of itself.
    const apt = depth < mostListsInOne ? kinds : kinds.filter((kind) => kind !== 'list')
    return distinct(
      apt.flatMap((kind) => shapes.flatMap((shape) => this.#readAs({ kind, text, shape, shapes, depth }))),
    )
  }

  #first(text: string, node: unknown, depth = 0): JsonValue {
    const [first] = this.read(text, node, depth)
    return first === undefined ? text : first
  }

  isList(node: unknown): boolean {
    return this.#isOf('array', node)
  }

  isText(node: unknown): boolean {
    return this.#isOf('string', node)
  }

  #isOf(type: string, node: unknown): boolean {
    return this.#shapesOf(node).some((shape) => typesOf(shape).includes(type))
  }

  /** Returns the JSON Schemas of which one applies, none of them a choice. */
  #shapesOf(node: unknown, depth = 0): readonly Node[] {
    const known = referred(node, this.#root)
    if (known === undefined || depth > 8) return [{}]
    const parts = alternatives(known)
    return parts.length === 0 ? [known] : parts.flatMap((part) => this.#shapesOf(part, depth + 1))
  }

  #readAs({ kind, text, shape, shapes, depth }: Reading): readonly JsonValue[] {
    const choices = choicesOf(shape)
    const types = typesOf(shape)
    const isOpen = types.length === 0
    if (kind === 'choice') return choices.filter((choice) => choice !== null && String(choice) === text)
    if (kind === 'null') {
      const isTaken = types.includes('null') || choices.includes(null) || (isOpen && choices.length === 0)
      return text === 'null' && isTaken ? [null] : []
    }
    if (choices.length > 0) return kind === 'rest' ? [text] : []
    switch (kind) {
      case 'boolean':
        return (types.includes('boolean') || isOpen) && (text === 'true' || text === 'false') ? [text === 'true'] : []
      case 'number': {
        const isStrict = isOpen || shapes.some((other) => typesOf(other).includes('string'))
        return types.includes('number') || types.includes('integer') || isOpen ? numbersOf(text, isStrict) : []
      }
      case 'json':
        return types.includes('array') || types.includes('object') || isOpen ? this.#jsonOf(text, shape, shapes) : []
      case 'string':
        return types.includes('string') || isOpen ? [text] : []
      case 'list':
        return types.includes('array') || (isOpen && text.includes(',')) ? this.#listsOf(text, shape, depth + 1) : []
      case 'rest':
        return [text]
      default:
        return kind satisfies never
    }
  }

  /** Returns a list or an object that is written as JSON; its texts and numbers as the schema takes them. */
  #jsonOf(text: string, shape: Node, shapes: readonly Node[]): readonly JsonValue[] {
    if (!/^\s*[[{]/.test(text)) return []
    let value: unknown
    try {
      value = JSON.parse(text)
    } catch {
      return []
    }
    if (!isJson(value)) return []
    const types = typesOf(shape)
    const isMeant = types.length === 0 || types.includes(isList(value) ? 'array' : 'object')
    if (isMeant) return [value, this.#fitted(value, shape)]
    const isOther = shapes.some((other) => typesOf(other).includes(isList(value) ? 'array' : 'object'))
    return types.includes('array') && !isOther ? [[value]] : []
  }

  /** Returns a JSON value whose scalars are read as if they were written without JSON. */
  #fitted(value: JsonValue, node: unknown): JsonValue {
    if (isList(value)) return value.map((item, index) => this.#fitted(item, this.#itemOf(node, index)))
    if (isObject(value)) {
      return Object.fromEntries(
        Object.entries(value).map(([name, part]) => [name, this.#fitted(part ?? null, this.#partOf(node, name))]),
      )
    }
    return this.#first(String(value), node)
  }

  /** Returns the items between commas; then the whole as one item, for an item that holds a comma. */
  #listsOf(text: string, shape: Node, depth: number): readonly JsonValue[] {
    if (text === '') return [[]]
    const items = itemsOf(text).map((item, index) => this.#first(item, this.#itemOf(shape, index), depth))
    const isSure = items.length === 1 || typesOf(shape).length === 0
    return isSure ? [items] : [items, [this.#first(text, this.#itemOf(shape, 0), depth)]]
  }

  #itemOf(node: unknown, index: number): unknown {
    const { prefixItems, items } = this.#shapesOf(node).find((shape) => typesOf(shape).includes('array')) ?? {}
    return (Array.isArray(prefixItems) ? prefixItems[index] : undefined) ?? items ?? {}
  }

  #partOf(node: unknown, name: string): unknown {
    const { properties, additionalProperties } =
      this.#shapesOf(node).find((shape) => typesOf(shape).includes('object')) ?? {}
    return (isRecord(properties) ? properties[name] : undefined) ?? additionalProperties ?? {}
  }
}

/** What a text may be, the most particular first; `rest` is what no schema takes. */
const kinds = ['null', 'choice', 'boolean', 'number', 'json', 'string', 'list', 'rest'] as const
type Kind = (typeof kinds)[number]

/** So deep a list of lists may be written without brackets. */
const mostListsInOne = 3

interface Reading {
  readonly kind: Kind
  readonly text: string
  readonly shape: Node
  readonly shapes: readonly Node[]
  /** In how many lists the text is an item. */
  readonly depth: number
}

/** Returns what lies between the commas of a list; between two quotes, as in `"a,b",c`, a comma is part of an item. */
function itemsOf(text: string): readonly string[] {
  const quoted = /^(?:\s*(?:"[^"]*"|[^",]*)\s*(?:,|$))*$/.test(text)
  if (!quoted || !text.includes('"')) return text.split(',').map((item) => item.trim())
  return [...text.matchAll(/\s*(?:"([^"]*)"|([^",]*))\s*(?:,|$)/g)]
    .slice(0, text.trimEnd().endsWith(',') ? undefined : -1)
    .map(([, inQuotes, plain = '']) => inQuotes ?? plain.trim())
}

function typesOf({ type }: Node): readonly unknown[] {
  return Array.isArray(type) ? type : type === undefined ? [] : [type]
}

function choicesOf({ enum: list, const: only }: Node): readonly JsonValue[] {
  const choices: readonly unknown[] = Array.isArray(list) ? list : only === undefined ? [] : [only]
  return choices.filter(isJson)
}

/** Beside texts, only what JSON calls a number and can hold is one: `007` and `1e999` are texts. */
function numbersOf(text: string, isStrict: boolean): readonly number[] {
  const number = Number(text)
  if (text.trim() === '' || !Number.isFinite(number)) return []
  const isPlain = /^-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?$/.test(text)
  const isExact = !Number.isInteger(number) || Number.isSafeInteger(number)
  return isStrict && !(isPlain && isExact) ? [] : [number]
}

function distinct(values: readonly JsonValue[]): readonly JsonValue[] {
  const seen = new Map(values.map((value) => [JSON.stringify(value), value]))
  return [...seen.values()]
}
