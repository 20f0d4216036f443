import { readFileSync } from 'node:fs'
import {
  artifactOfJson,
  artifactOfPath,
  canonicalJson,
  type Digest,
  digestBytes,
  digestText,
  isEmptyDirectory,
  type JsonValue,
  type LocalStore,
  readTreeArtifact,
  type StoredArtifact,
  type TreeEntry,
} from '../../../store/index.ts'
import {
  type ActionInput,
  type ActionItem,
  type Arity,
  type InputDeclaration,
  type ItemFailure,
  isJson,
  isList,
} from '../../core/index.ts'

/** An existing artifact and its path; a JSON value that is in no file has no path and holds its text. */
export interface Available {
  readonly artifact: StoredArtifact
  readonly path: string
  readonly text?: string
  /** The artifact that it was selected from. */
  readonly partOf?: Digest
}

/** The resolved artifacts of one input of a step. */
export type ResolvedInput =
  | { readonly arity: 'one'; readonly available: Available }
  | { readonly arity: 'many'; readonly list: readonly Available[] }
  /** The artifacts of a fan-out, of which the stage learns the names of the items, and which of them failed. */
  | { readonly arity: 'items'; readonly items: readonly ResolvedItem[] }
  | { readonly arity: 'absent' }

export type ResolvedItem =
  | { readonly item: string; readonly available: Available; readonly failure?: undefined }
  | { readonly item: string; readonly failure: ItemFailure }

export type ResolvedInputs = Readonly<Record<string, ResolvedInput>>

/** Returns how many artifacts an input takes. */
export function arityOf(declaration: InputDeclaration): Arity {
  return typeof declaration === 'string' ? 'one' : declaration.arity
}

/** Returns a resolved input as its declaration takes it; undefined if a required one is absent. */
export function asDeclared(declaration: InputDeclaration, input: ResolvedInput): ResolvedInput | undefined {
  if (input.arity !== 'absent') return input
  const arity = arityOf(declaration)
  if (arity === 'one') return undefined
  if (arity === 'optional') return input
  return arity === 'many' ? { arity, list: [] } : { arity: 'items', items: [] }
}

/** Returns what an input contributes to the key. */
export function actionInputOf(input: ResolvedInput): ActionInput {
  switch (input.arity) {
    case 'one':
      return digestText(input.available.artifact.digest)
    case 'many':
      return input.list.map(({ artifact }) => digestText(artifact.digest))
    case 'items':
      return input.items.map(
        (one): ActionItem => [
          one.item,
          one.failure === undefined ? digestText(one.available.artifact.digest) : { ...one.failure },
        ],
      )
    case 'absent':
      return null
    default:
      return input satisfies never
  }
}

/** Returns every artifact among some inputs. */
export function availableOf(inputs: ResolvedInputs): readonly Available[] {
  return Object.values(inputs).flatMap(artifactsOf)
}

/** Returns the artifacts of one input. */
export function artifactsOf(input: ResolvedInput): readonly Available[] {
  switch (input.arity) {
    case 'one':
      return [input.available]
    case 'many':
      return input.list
    case 'items':
      return input.items.flatMap((one) => (one.failure === undefined ? [one.available] : []))
    case 'absent':
      return []
    default:
      return input satisfies never
  }
}

/** Returns how many bytes some inputs have in all. */
export function bytesOf(inputs: ResolvedInputs): number {
  let bytes = 0
  for (const input of Object.values(inputs)) {
    if (input.arity === 'one') bytes += input.available.artifact.sizeBytes
    else for (const { artifact } of artifactsOf(input)) bytes += artifact.sizeBytes
  }
  return bytes
}

/** Returns a JSON value as an artifact that is in no file. */
export function availableJson(value: JsonValue, partOf?: Digest): Available {
  const available = { artifact: artifactOfJson(value), path: '', text: canonicalJson(value) }
  return partOf === undefined ? available : { ...available, partOf }
}

/** Returns the JSON value that some bytes hold; undefined where they hold none. */
export function parsedJson(bytes: Uint8Array): JsonValue | undefined {
  try {
    const value: unknown = JSON.parse(Buffer.from(bytes).toString('utf8'))
    return isJson(value) ? value : undefined
  } catch {
    return undefined
  }
}

/** Returns a JSON artifact's value, read from its path; undefined if something else is there. */
export function jsonValueAt({ artifact, path, text }: Available): JsonValue | undefined {
  if (text !== undefined) return parsedJson(Buffer.from(text))
  let value: JsonValue | undefined
  try {
    value = parsedJson(readFileSync(path))
  } catch {
    return undefined
  }
  if (value === undefined) return undefined
  return digestBytes(Buffer.from(canonicalJson(value))).hash === artifact.digest.hash ? value : undefined
}

/** A manifest holds no more of a JSON input. */
export const shortBytes = 16 * 1024

/** Returns the value of a JSON input that has no more than some bytes; undefined for any other. */
export function jsonOfInput(input: ResolvedInput, bytesMax = shortBytes): JsonValue | undefined {
  const list = artifactsOf(input)
  const bytes = list.reduce((sum, { artifact }) => sum + artifact.sizeBytes, 0)
  if (list.length === 0 || bytes > bytesMax || list.some(({ artifact }) => artifact.kind !== 'json')) return undefined
  const byDigest = new Map(list.map((available) => [digestText(available.artifact.digest), available]))
  return jsonOfDigests(actionInputOf(input), (digest) => {
    const available = byDigest.get(digest)
    return available === undefined ? undefined : jsonValueAt(available)
  })
}

/**
 * Returns the value that a key has digests of: of an input that gathers a list, or an object by the names of its items, in
 * which a failure stands for itself. Undefined where a part is not known.
 */
export function jsonOfDigests(
  digests: JsonValue | undefined,
  valueAt: (digest: string) => JsonValue | undefined,
): JsonValue | undefined {
  if (typeof digests === 'string') return valueAt(digests)
  if (!isList(digests)) return undefined
  const values: JsonValue[] = []
  const named: Record<string, JsonValue> = {}
  for (const one of digests) {
    const [item, made] = isList(one) ? one : [undefined, one]
    const value = typeof made === 'string' ? valueAt(made) : made
    if (value === undefined) return undefined
    if (typeof item === 'string') named[item] = value
    else values.push(value)
  }
  return digests.some(isList) ? named : values
}

/** Returns whether an artifact is still what was digested. */
export async function isUnchanged(store: LocalStore, available: Available): Promise<boolean> {
  const { artifact, path } = available
  if (artifact.kind === 'json') return jsonValueAt(available) !== undefined
  if (artifact.kind === 'file') {
    const known = store.ledger.fileDigests.known(path)
    if (known !== undefined) return known.digest.hash === artifact.digest.hash
  }
  const now = await artifactOfPath(store, artifact.kind, path)
  return now.ok && now.value.digest.hash === artifact.digest.hash
}

/**
 * Returns the files of a tree: of one that a step made, as the store has it, and of a folder, as it was when its digest
 * was taken. Undefined if it has changed since.
 */
export async function treeEntries(store: LocalStore, tree: Available): Promise<readonly TreeEntry[] | undefined> {
  const known = await readTreeArtifact(store, tree.artifact)
  if (known.ok) return filesAmong(known.value)
  if (tree.path === '') return undefined
  const now = await artifactOfPath(store, 'tree', tree.path)
  if (!now.ok || now.value.digest.hash !== tree.artifact.digest.hash) return undefined
  const read = await readTreeArtifact(store, now.value)
  return read.ok ? filesAmong(read.value) : undefined
}

function filesAmong(entries: readonly TreeEntry[]): readonly TreeEntry[] {
  return entries.filter(({ path }) => !isEmptyDirectory(path))
}
