import type { StandardJSONSchemaV1, StandardSchemaV1 } from '@standard-schema/spec'
import type { JsonObject, JsonValue, Result } from '../../../store/index.ts'
import type { Problem } from '../failure/failure.ts'
import { isJson, isJsonObject, isRecord, notJson } from '../failure/json-value.ts'
import { nearestName, unknownName } from '../failure/nearest.ts'

/** What a params schema says of one param, for help and for reading it from a command line. */
export interface ParamDoc {
  readonly name: string
  /** A JSON Schema type, such as `number` or `array of string`, or a choice: `720 | 1080`. */
  readonly type: string
  readonly description?: string
  readonly default?: JsonValue
  readonly required: boolean
}

type Nothing = Record<string, never>

/** The schema of a stage or a pipeline that has no params. */
export type NoParams = StandardSchemaV1<Nothing, Nothing>

const jsonSchema = () => ({ type: 'object', properties: {} })

/** Takes no params; whatever is given is named as unknown. */
export const noParams: NoParams & StandardJSONSchemaV1<Nothing, Nothing> = {
  '~standard': {
    version: 1,
    vendor: 'reprise',
    validate: () => ({ value: {} }),
    jsonSchema: { input: jsonSchema, output: jsonSchema },
  },
}

function pathText(issue: StandardSchemaV1.Issue): string {
  return (issue.path ?? []).map((part) => String(typeof part === 'object' ? part.key : part)).join('.')
}

/**
 * Returns params checked by their schema, with defaults filled in; properties that are `undefined` are left out.
 * Unknown names are refused, with the nearest known one, and so is a schema that validates asynchronously.
 */
export function checkParams(
  where: string,
  schema: StandardSchemaV1,
  given: object,
): Result<JsonObject, readonly Problem[]> {
  const checked = checkedBySchema(where, schema, given)
  return checked.ok ? asJson(where, checked.value, 'params are part of the key, so they must be JSON') : checked
}

/** The params of a pipeline: what `build` gets, which may hold dates and the like, and what the job records of them. */
export interface PipelineParams {
  readonly values: object
  /** JSON from which the schema makes the same values again. */
  readonly recorded: JsonObject
}

/** Returns the params of a pipeline as its schema makes them, with what the job records of them. */
export function checkPipelineParams(
  schema: StandardSchemaV1,
  given: object,
): Result<PipelineParams, readonly Problem[]> {
  const checked = checkedBySchema('', schema, given)
  if (!checked.ok) return checked
  const { value } = checked
  // What the schema turned into something else is recorded as it was given, since the schema takes that.
  const isSame = isJsonObject(value) && Object.entries(given).every(([name, part]) => isSameJson(value[name], part))
  const values = isSame ? present(value) : value
  const asGiven = asJson('', given, 'a job records its params as JSON, for its next run')
  if (!asGiven.ok) return asGiven
  const filled = Object.entries(values).filter(([name, part]) => !Object.hasOwn(given, name) && isJson(part))
  const withDefaults = asJson('', { ...Object.fromEntries(filled), ...asGiven.value }, '')
  const isTaken = withDefaults.ok && (filled.length === 0 || checkedBySchema('', schema, withDefaults.value).ok)
  return { ok: true, value: { values, recorded: isTaken ? withDefaults.value : asGiven.value } }
}

function isSameJson(a: unknown, b: unknown): boolean {
  return a === b || (isJson(a) && isJson(b) && JSON.stringify(a) === JSON.stringify(b))
}

/** Returns what a schema makes of params, or every mistake in them. */
function checkedBySchema(where: string, schema: StandardSchemaV1, given: object): Result<object, readonly Problem[]> {
  const checked = validated(schema, given)
  if (checked === undefined) return { ok: false, error: [{ where: where || 'params', message: unsettled }] }
  if (checked.issues !== undefined) {
    const problems = checked.issues.map((issue) => ({
      where: joined(where, pathText(issue)),
      message: noChoice(schema, given, pathText(issue)) ?? issue.message,
    }))
    return { ok: false, error: [...problems, ...unknownParams(where, undeclaredNames(schema, given), schema)] }
  }
  const { value } = checked
  if (!isRecord(value)) {
    const message = 'params are an object, but their schema makes something else of them'
    return { ok: false, error: [{ where: where || 'params', message }] }
  }
  const dropped = Object.keys(given).filter((name) => !Object.hasOwn(value, name))
  return dropped.length > 0 ? { ok: false, error: unknownParams(where, dropped, schema) } : { ok: true, value }
}

/** Says that the text of a param is none of its choices, with the nearest one. */
function noChoice(schema: StandardSchemaV1, given: object, name: string): string | undefined {
  const value: unknown = isRecord(given) ? given[name] : undefined
  const root = jsonSchemaOf(schema)
  if (typeof value !== 'string' || root === undefined) return undefined
  const choices = (paramSchemas(root).get(name) ?? []).map((node) => referred(node, root)?.enum)
  const texts = choices.flat().filter((choice) => typeof choice === 'string')
  return texts.length === 0 || texts.includes(value) ? undefined : unknownName('value', value, texts)
}

function validated(schema: StandardSchemaV1, given: object): StandardSchemaV1.Result<unknown> | undefined {
  try {
    const checked = schema['~standard'].validate(given)
    if (!(checked instanceof Promise)) return checked
    // Some libraries return a rejected promise for a schema that throws, which would end the process.
    checked.catch(() => {})
  } catch {
    // As for a promise, nobody can say which param it was.
  }
  return undefined
}

const unsettled =
  'their schema validates asynchronously, or throws an exception; report what is wrong with ctx.addIssue or refine'

function asJson(where: string, value: object, why: string): Result<JsonObject, readonly Problem[]> {
  if (isJsonObject(value)) return { ok: true, value: present(value) }
  const { path, what } = notJson(value, '') ?? { path: '', what: 'what the schema returns' }
  return { ok: false, error: [{ where: joined(where, path), message: `${why}; ${what} is not` }] }
}

function present(value: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(value).filter(([, part]) => part !== undefined))
}

/** Returns the names that a schema does not know; none if it takes other names, or refuses them itself. */
function undeclaredNames(schema: StandardSchemaV1, given: object): readonly string[] {
  const jsonSchema = jsonSchemaOf(schema)
  if (jsonSchema === undefined || jsonSchema.additionalProperties !== undefined) return []
  const declared = isRecord(jsonSchema.properties) ? jsonSchema.properties : {}
  return Object.keys(given).filter((name) => !Object.hasOwn(declared, name))
}

function unknownParams(where: string, names: readonly string[], schema: StandardSchemaV1): Problem[] {
  const known = names.length === 0 ? [] : (paramDocs(schema)?.map(({ name }) => name) ?? [])
  return names.map((name) => ({ where: joined(where, name), message: unknownParam(name, known) }))
}

function joined(where: string, name: string): string {
  return name === '' ? where : where === '' ? name : `${where}.${name}`
}

function unknownParam(name: string, known: readonly string[]): string {
  const near = nearestName(name, known)
  const hint = near === undefined ? '' : `: did you mean '${near}'?`
  return `unknown param${hint} (valid: ${known.join(', ') || 'none'})`
}

function hasJsonSchema(schema: StandardSchemaV1): schema is StandardSchemaV1 & StandardJSONSchemaV1 {
  return 'jsonSchema' in schema['~standard']
}

/** Returns the JSON Schema of what a params schema takes, or undefined where it cannot tell. */
export function jsonSchemaOf(schema: StandardSchemaV1): Record<string, unknown> | undefined {
  if (!hasJsonSchema(schema)) return undefined
  return (
    converted(schema, { unrepresentable: 'any', override: asText }) ?? converted(schema) ?? propertyByProperty(schema)
  )
}

function converted(
  schema: StandardJSONSchemaV1,
  libraryOptions?: Record<string, unknown>,
): Record<string, unknown> | undefined {
  try {
    return schema['~standard'].jsonSchema.input({ target: 'draft-2020-12', ...(libraryOptions && { libraryOptions }) })
  } catch {
    // JSON Schema cannot describe a date, a bigint and the like.
    return undefined
  }
}

/** Zod calls this for each of its schemas: dates and big integers, which JSON lacks, are made from text. */
function asText({ zodSchema, jsonSchema }: Record<string, unknown>): void {
  const inside = isRecord(zodSchema) && isRecord(zodSchema._zod) ? zodSchema._zod.def : undefined
  const type = isRecord(inside) ? inside.type : undefined
  if (!isRecord(jsonSchema)) return
  if (type === 'date') Object.assign(jsonSchema, { type: 'string', format: 'date-time' })
  if (type === 'bigint') Object.assign(jsonSchema, { type: 'string', format: 'integer' })
}

/** One param without a JSON Schema, as a bigint with a default, leaves the others theirs. */
function propertyByProperty(schema: StandardSchemaV1): Record<string, unknown> | undefined {
  if (!('shape' in schema) || !isRecord(schema.shape)) return undefined
  const properties: Record<string, unknown> = {}
  for (const [name, property] of Object.entries(schema.shape)) {
    properties[name] = isSchema(property) ? (jsonSchemaOf(property) ?? {}) : {}
  }
  return { type: 'object', properties }
}

function isSchema(value: unknown): value is StandardSchemaV1 {
  return isRecord(value) && isRecord(value['~standard'])
}

/** Returns the JSON Schemas of the params by name; where the whole is a choice of shapes, all that a param may be. */
export function paramSchemas(root: Record<string, unknown>): ReadonlyMap<string, readonly Record<string, unknown>[]> {
  const found = new Map<string, Record<string, unknown>[]>()
  const visit = (node: unknown, depth: number) => {
    const shape = referred(node, root)
    if (depth > 8 || shape === undefined) return
    for (const [name, property] of Object.entries(isRecord(shape.properties) ? shape.properties : {})) {
      if (isRecord(property)) found.set(name, [...(found.get(name) ?? []), property])
    }
    for (const part of alternatives(shape)) visit(part, depth + 1)
  }
  visit(root, 0)
  return found
}

/** Returns what a JSON Schema refers to, or itself. */
export function referred(node: unknown, root: Record<string, unknown>): Record<string, unknown> | undefined {
  if (!isRecord(node)) return undefined
  if (typeof node.$ref !== 'string') return node
  let target: unknown = root
  for (const part of node.$ref.replace(/^#\/?/, '').split('/')) {
    if (part !== '') target = isRecord(target) ? target[part.replaceAll('~1', '/').replaceAll('~0', '~')] : undefined
  }
  return target === node ? undefined : isRecord(target) && typeof target.$ref !== 'string' ? target : undefined
}

/** Returns the JSON Schemas of which one, or each, applies besides the rest of this one. */
export function alternatives({ anyOf, oneOf, allOf }: Record<string, unknown>): readonly unknown[] {
  return [anyOf, oneOf, allOf].flatMap((list): unknown[] => (Array.isArray(list) ? list : []))
}

/** Returns a description of each param, in the schema's order, or undefined where the schema cannot tell. */
export function paramDocs(schema: StandardSchemaV1): readonly ParamDoc[] | undefined {
  const jsonSchema = jsonSchemaOf(schema)
  if (jsonSchema === undefined) return undefined
  const schemas = paramSchemas(jsonSchema)
  if (schemas.size === 0 && !isRecord(jsonSchema.properties)) return undefined
  const required = Array.isArray(jsonSchema.required) ? jsonSchema.required : []
  return [...schemas].map(([name, shapes]) => {
    const described = shapes[0] ?? {}
    return {
      name,
      type: [...new Set(shapes.map((shape) => typeText(shape, jsonSchema)))].join(' | '),
      required: required.includes(name) && described.default === undefined,
      ...(typeof described.description === 'string' ? { description: described.description } : {}),
      ...(isJson(described.default) ? { default: described.default } : {}),
    }
  })
}

function typeText(property: unknown, root: Record<string, unknown>, depth = 0): string {
  const node = referred(property, root)
  if (node === undefined || depth > 8) return 'anything'
  if (Array.isArray(node.enum)) return node.enum.map(String).join(' | ')
  if (node.const !== undefined) return String(node.const)
  if (Array.isArray(node.prefixItems))
    return `[${node.prefixItems.map((item) => typeText(item, root, depth + 1)).join(', ')}]`
  if (node.type === 'array') return `array of ${typeText(node.items ?? {}, root, depth + 1)}`
  if (node.type === 'string' && node.format === 'date-time') return 'date'
  if (node.type === 'string' && node.format === 'integer') return 'integer'
  if (typeof node.type === 'string') return node.type
  if (Array.isArray(node.type)) return node.type.map(String).join(' | ')
  const texts = new Set(alternatives(node).map((part) => typeText(part, root, depth + 1)))
  return [...texts].join(' | ') || 'anything'
}
