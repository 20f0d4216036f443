import type { StandardJSONSchemaV1, StandardSchemaV1 } from '@standard-schema/spec'
import { isRecord } from '../../failure/json-value.ts'

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

/** Returns what a JSON Schema takes, for help: `number`, `array of string`, or a choice: `720 | 1080`. */
export function typeText(property: unknown, root: Record<string, unknown>, around: readonly unknown[] = []): string {
  const node = referred(property, root)
  // A schema may be part of itself.
  if (node === undefined || around.includes(node)) return 'anything'
  const inside = [...around, node]
  if (Array.isArray(node.enum)) return node.enum.map(String).join(' | ')
  if (node.const !== undefined) return String(node.const)
  if (Array.isArray(node.prefixItems))
    return `[${node.prefixItems.map((item) => typeText(item, root, inside)).join(', ')}]`
  if (node.type === 'array') return `array of ${typeText(node.items ?? {}, root, inside)}`
  if (node.type === 'string' && node.format === 'date-time') return 'date'
  if (node.type === 'string' && node.format === 'integer') return 'integer'
  if (typeof node.type === 'string') return node.type
  if (Array.isArray(node.type)) return node.type.map(String).join(' | ')
  const texts = new Set(alternatives(node).map((part) => typeText(part, root, inside)))
  return [...texts].join(' | ') || 'anything'
}
