import { distance } from 'fastest-levenshtein'
import { LineCounter, parseDocument } from 'yaml'
import * as z from 'zod/mini'
import en from 'zod/v4/locales/en.js'
import { DocumentError } from './document.ts'

const settings = () =>
  z.strictObject({
    title: z.optional(z.string()),
    language: z.optional(z.string()),
    voice: z.optional(z.string()),
    voices: z.optional(z.record(z.string(), z.string())),
    theme: z.optional(z.string()),
  })

/**
 * Reads YAML of a known shape.
 *
 * @throws {DocumentError} with line and column for what is not valid YAML, has an unknown key (and the nearest known
 * one), or a wrong value. `firstLine` is the line of the file on which `text` begins.
 */
export function readYaml<S extends z.ZodMiniType>(text: string, shape: S, firstLine = 1): z.output<S> {
  const lines = new LineCounter()
  const parsed = parseDocument(text, { lineCounter: lines, prettyErrors: false })
  const placeAt = (offset: number) => {
    const { line, col } = lines.linePos(offset)
    return { line: line + firstLine - 1, column: col }
  }
  const [wrong] = parsed.errors
  if (wrong !== undefined) throw new DocumentError(wrong.message, placeAt(wrong.pos[0]))
  z.config(en())
  const checked = z.safeParse(shape, parsed.toJS() ?? {})
  if (checked.success) return checked.data
  const { issues } = checked.error
  // A key that is not known is mostly the cause of what else is missing.
  const issue = issues.find(({ code }) => code === 'unrecognized_keys') ?? issues[0]
  if (issue === undefined) throw new DocumentError('it does not have the shape of a script')
  const unknown = issue.code === 'unrecognized_keys' ? issue.keys[0] : undefined
  const path = unknown === undefined ? issue.path : [...issue.path, unknown]
  const node: unknown = parsed.getIn(path, true)
  const key = unknown === undefined ? undefined : keyOffset(parsed.getIn(issue.path, true), unknown)
  const offset = key ?? (isRanged(node) ? node.range[0] : 0)
  const where = placeName(issue.path)
  if (unknown === undefined)
    throw new DocumentError(`${where === '' ? 'it' : where}: ${issue.message}`, placeAt(offset))
  const near = nearest(unknown, knownKeys(shape, issue.path))
  const hint = near === undefined ? '' : `: did you mean '${near}'?`
  throw new DocumentError(`there is no key '${unknown}'${where === '' ? '' : ` in ${where}`}${hint}`, placeAt(offset))
}

/** Names a place in a document as people count: `scenes #1, title`. */
function placeName(path: readonly PropertyKey[]): string {
  return path
    .map((part) => (typeof part === 'number' ? ` #${part + 1}` : `, ${String(part)}`))
    .join('')
    .slice(2)
}

/** Reads the front matter of a document. Keys of other tools, such as Marp's and Slidev's, are passed over. */
export function readFrontMatter(text: string, firstLine: number): z.output<ReturnType<typeof settings>> {
  const all = readYaml(text, z.record(z.string(), z.unknown()), firstLine)
  const ours = Object.fromEntries(
    ['title', 'language', 'voice', 'voices', 'theme'].flatMap((key) => (key in all ? [[key, all[key]]] : [])),
  )
  const checked = z.safeParse(settings(), ours)
  if (checked.success) return checked.data
  const [issue] = checked.error.issues
  throw new DocumentError(`${issue?.path.join('.')}: ${issue?.message}`, { line: firstLine })
}

function isRanged(node: unknown): node is { readonly range: readonly [number, number, number] } {
  return typeof node === 'object' && node !== null && 'range' in node && Array.isArray(node.range)
}

function keyOffset(map: unknown, key: string): number | undefined {
  if (typeof map !== 'object' || map === null || !('items' in map) || !Array.isArray(map.items)) return undefined
  for (const item of map.items) {
    const node: unknown = typeof item === 'object' && item !== null && 'key' in item ? item.key : undefined
    const isIt = typeof node === 'object' && node !== null && 'value' in node && node.value === key
    if (isIt && isRanged(node)) return node.range[0]
  }
  return undefined
}

/** Returns the keys that an object may have at a path of a schema. */
function knownKeys(shape: z.ZodMiniType, path: readonly PropertyKey[]): readonly string[] {
  const described: unknown = z.toJSONSchema(shape, { io: 'input' })
  let at: unknown = described
  for (const part of path) {
    const next: unknown =
      typeof part === 'number' ? memberOf(at, 'items') : memberOf(memberOf(at, 'properties'), String(part))
    at = next
  }
  const properties = memberOf(at, 'properties')
  return typeof properties === 'object' && properties !== null ? Object.keys(properties) : []
}

function memberOf(object: unknown, key: string): unknown {
  return typeof object === 'object' && object !== null ? Reflect.get(object, key) : undefined
}

function nearest(word: string, known: readonly string[]): string | undefined {
  const ranked = known.map((name) => ({ name, far: distance(word, name) })).sort((a, b) => a.far - b.far)
  const [best] = ranked
  return best !== undefined && best.far <= Math.max(2, word.length / 2) ? best.name : undefined
}
