import type { StandardJSONSchemaV1, StandardSchemaV1 } from '@standard-schema/spec'
import type { JsonObject, JsonValue, Result } from '../../../store/index.ts'
import type { Problem } from '../failure/failure.ts'
import { isJson, isJsonObject, isRecord, notJson } from '../failure/json-value.ts'
import { nearestName } from '../failure/nearest.ts'

/** What a params schema says of one param, for help and for reading it from a command line. */
export interface ParamDoc {
  readonly name: string
  /** A JSON Schema type, such as `number` or `array of string`. */
  readonly type: string
  readonly description?: string
  readonly default?: JsonValue
  readonly required: boolean
}

function pathText(issue: StandardSchemaV1.Issue): string {
  return (issue.path ?? []).map((part) => String(typeof part === 'object' ? part.key : part)).join('.')
}

/**
 * Returns params checked by their schema, with defaults filled in; properties that are `undefined` are left out.
 * Unknown names are refused, with the nearest known one. A schema that validates asynchronously is a bug, and throws.
 */
export function checkParams(
  where: string,
  schema: StandardSchemaV1,
  given: object,
): Result<JsonObject, readonly Problem[]> {
  const checked = schema['~standard'].validate(given)
  if (checked instanceof Promise) {
    // Some libraries return a rejected promise for a schema that throws, which would end the process.
    checked.catch(() => {})
    throw new TypeError(`the params schema of ${where} validates asynchronously, or throws`)
  }
  if (checked.issues !== undefined) {
    const problems = checked.issues.map((issue) => ({ where: joined(where, pathText(issue)), message: issue.message }))
    return { ok: false, error: [...problems, ...unknownParams(where, undeclaredNames(schema, given), schema)] }
  }
  if (!isJsonObject(checked.value)) {
    const { path, what } = notJson(checked.value, '') ?? { path: '', what: 'what the schema returns' }
    const message = `params are part of the key, so they must be JSON; ${what} is not`
    return { ok: false, error: [{ where: joined(where, path), message }] }
  }
  const value = checked.value
  const dropped = Object.keys(given).filter((name) => !Object.hasOwn(value, name))
  if (dropped.length > 0) return { ok: false, error: unknownParams(where, dropped, schema) }
  const present = Object.entries(value).filter(([, value]) => value !== undefined)
  return { ok: true, value: Object.fromEntries(present) }
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
  return hasJsonSchema(schema) ? schema['~standard'].jsonSchema.input({ target: 'draft-2020-12' }) : undefined
}

/** Returns a description of each param, in the schema's order, or undefined where the schema cannot tell. */
export function paramDocs(schema: StandardSchemaV1): readonly ParamDoc[] | undefined {
  const jsonSchema = jsonSchemaOf(schema)
  if (jsonSchema === undefined || !isRecord(jsonSchema.properties)) return undefined
  const required = Array.isArray(jsonSchema.required) ? jsonSchema.required : []
  return Object.entries(jsonSchema.properties).map(([name, property]) => {
    const described = isRecord(property) ? property : {}
    return {
      name,
      type: typeText(described),
      required: required.includes(name) && described.default === undefined,
      ...(typeof described.description === 'string' ? { description: described.description } : {}),
      ...(isJson(described.default) ? { default: described.default } : {}),
    }
  })
}

function typeText(property: Record<string, unknown>): string {
  if (Array.isArray(property.enum)) return property.enum.map(String).join(' | ')
  if (property.type === 'array') return `array of ${isRecord(property.items) ? typeText(property.items) : 'anything'}`
  return typeof property.type === 'string' ? property.type : 'anything'
}

/**
 * Returns what a user wrote as `name=value`, as the value that the docs say the schema takes: numbers and booleans are
 * read,
 * lists are split at commas, and anything else stays text. What cannot be read is left for the schema to refuse.
 */
export function coerceParams(
  docs: readonly ParamDoc[] | undefined,
  written: Readonly<Record<string, string>>,
): Record<string, JsonValue> {
  const types = new Map(docs?.map(({ name, type }) => [name, type]))
  return Object.fromEntries(Object.entries(written).map(([name, text]) => [name, coerce(text, types.get(name))]))
}

function coerce(text: string, type: string | undefined): JsonValue {
  switch (type) {
    case 'number':
    case 'integer':
      return text.trim() !== '' && Number.isFinite(Number(text)) ? Number(text) : text
    case 'boolean':
      return text === 'true' ? true : text === 'false' ? false : text
    case 'string':
      return text
    default:
      if (type?.startsWith('array of ')) {
        const itemType = type.slice('array of '.length)
        return text === '' ? [] : text.split(',').map((item) => coerce(item.trim(), itemType))
      }
      return parsedOrText(text)
  }
}

function parsedOrText(text: string): JsonValue {
  try {
    const value: unknown = JSON.parse(text)
    return isJson(value) ? value : text
  } catch {
    return text
  }
}
