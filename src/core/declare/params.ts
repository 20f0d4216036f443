import type { StandardJSONSchemaV1, StandardSchemaV1 } from '@standard-schema/spec'
import type { JsonObject, JsonValue, Result } from '../../../store/index.ts'
import type { Problem } from '../failure/failure.ts'
import { isJson, isJsonObject, isRecord, notJson } from '../failure/json-value.ts'
import { nearestName } from '../failure/nearest.ts'
import { nearestIssues, unknownKeys, valueAt } from './schema/issue-words.ts'
import { alternatives, jsonSchemaOf, paramSchemas, referred, typeText } from './schema/json-schema.ts'
import { pathText, plainIssue } from './schema/plain-issue.ts'

/** What a params schema says of one param, for help and for reading it from a command line. */
export interface ParamDoc {
  readonly name: string
  /** A JSON Schema type, such as `number` or `array of string`, or a choice: `720 | 1080`. */
  readonly type: string
  readonly description?: string
  readonly default?: JsonValue
  readonly required: boolean
}

/** The schema of a stage or a pipeline that has no params. */
export type NoParams = StandardSchemaV1<Record<string, never>, Record<string, never>>

const jsonSchema = () => ({ type: 'object', properties: {} })

/** Takes no params; whatever is given is named as unknown. */
export const noParams: NoParams & StandardJSONSchemaV1<Record<string, never>, Record<string, never>> = {
  '~standard': {
    version: 1,
    vendor: 'reprise',
    validate: () => ({ value: {} }),
    jsonSchema: { input: jsonSchema, output: jsonSchema },
  },
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
  const checked = checkedBySchema('', schema, revived(schema, given), given)
  if (!checked.ok) return checked
  const { value } = checked
  // What the schema turned into something else is recorded as it was given, since the schema takes that.
  const isSame = isJsonObject(value) && Object.entries(given).every(([name, part]) => isSameJson(value[name], part))
  const values = isSame ? present(value) : value
  const asGiven = asJson('', given, 'a job records its params as JSON, for its next run')
  if (!asGiven.ok) return asGiven
  const filled = Object.entries(values).filter(([name, part]) => !Object.hasOwn(given, name) && isJson(part))
  const withDefaults = asJson('', { ...Object.fromEntries(filled), ...asGiven.value }, '')
  const isTaken =
    withDefaults.ok && (filled.length === 0 || checkedBySchema('', schema, revived(schema, withDefaults.value)).ok)
  return { ok: true, value: { values, recorded: isTaken ? withDefaults.value : asGiven.value } }
}

/** Returns params with the dates and big integers that their schema wants, made of the texts that JSON has for them. */
function revived(schema: StandardSchemaV1, given: object): object {
  const issues = validated(schema, given)?.issues ?? []
  const wanted = issues.flatMap((issue) => {
    const { code, expected }: Record<string, unknown> = { ...issue }
    const made = code === 'invalid_type' ? madeOf(valueAt(given, issue.path ?? []), expected) : undefined
    return made === undefined ? [] : [{ path: issue.path ?? [], made }]
  })
  if (wanted.length === 0) return given
  const copy: object = structuredClone(given)
  for (const { path, made } of wanted) {
    const holder = valueAt(copy, path.slice(0, -1))
    const last = path.at(-1)
    if (typeof holder === 'object' && holder !== null && last !== undefined)
      Object.defineProperty(holder, typeof last === 'object' ? last.key : last, { value: made })
  }
  return copy
}

function madeOf(value: unknown, expected: unknown): Date | bigint | undefined {
  if (typeof value !== 'string') return undefined
  if (expected === 'bigint') return /^-?\d+$/.test(value) ? BigInt(value) : undefined
  return expected === 'date' && !Number.isNaN(Date.parse(value)) ? new Date(value) : undefined
}

function isSameJson(a: unknown, b: unknown): boolean {
  return a === b || (isJson(a) && isJson(b) && JSON.stringify(a) === JSON.stringify(b))
}

/** Returns what a schema makes of params, or every mistake in them. */
function checkedBySchema(
  where: string,
  schema: StandardSchemaV1,
  given: object,
  written = given,
): Result<object, readonly Problem[]> {
  const checked = validated(schema, given)
  if (checked === undefined) return { ok: false, error: [{ where: where || 'params', message: unsettled }] }
  if (checked.issues !== undefined) {
    const issues = checked.issues.flatMap((issue) => nearestIssues(issue, given))
    const ofNames = issues.filter((issue) => pathText(issue) === '' && unknownKeys(issue).length > 0)
    const problems = issues
      .filter((issue) => !ofNames.includes(issue))
      .map((issue) => ({
        where: joined(where, pathText(issue)) || 'params',
        message: plainIssue(schema, written, issue),
      }))
    const names = new Set([...ofNames.flatMap(unknownKeys), ...undeclaredNames(schema, given)])
    return { ok: false, error: [...problems, ...unknownParams(where, [...names], schema)] }
  }
  const { value } = checked
  if (!isRecord(value)) {
    const message = 'params are an object, but their schema makes something else of them'
    return { ok: false, error: [{ where: where || 'params', message }] }
  }
  const dropped = Object.keys(given).filter((name) => !Object.hasOwn(value, name))
  return dropped.length > 0 ? { ok: false, error: unknownParams(where, dropped, schema) } : { ok: true, value }
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
  const root = jsonSchemaOf(schema)
  const shapes = root === undefined ? [] : [root, ...alternatives(root)]
  if (root === undefined || shapes.some((shape) => referred(shape, root)?.additionalProperties !== undefined)) return []
  const declared = paramSchemas(root)
  return Object.keys(given).filter((name) => !declared.has(name))
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

/** Returns the choices of each param that has some: texts of which it takes one. */
export function paramChoices(schema: StandardSchemaV1): ReadonlyMap<string, readonly string[]> {
  const root = jsonSchemaOf(schema)
  const choices = new Map<string, readonly string[]>()
  for (const [name, shapes] of root === undefined ? [] : paramSchemas(root)) {
    const texts = shapes.flatMap((shape) => choicesIn(shape, root ?? {})).filter((one) => typeof one === 'string')
    if (texts.length > 0) choices.set(name, [...new Set(texts)])
  }
  return choices
}

function choicesIn(shape: unknown, root: Record<string, unknown>, depth = 0): readonly unknown[] {
  const node = referred(shape, root)
  if (node === undefined || depth > 8) return []
  if (Array.isArray(node.enum)) return node.enum
  if (node.const !== undefined) return [node.const]
  return alternatives(node).flatMap((part) => choicesIn(part, root, depth + 1))
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
