import { lstatSync, readFileSync } from 'node:fs'
import { resolve } from 'node:path'
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
  type Result,
  readTreeArtifact,
  type StoredArtifact,
  type TreeEntry,
} from '../../../store/index.ts'
import {
  type ActionInput,
  type ActionItem,
  type Arity,
  checkedBy,
  type Declaration,
  type Failure,
  type InputDeclaration,
  type ItemFailure,
  isJson,
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

/** What a user gives for an input of a pipeline: a path, or several for one that takes a list. */
export type InputPaths = string | readonly string[]

/** Returns the artifacts that a user's paths hold, by remembered digests where the files did not change. */
export async function pipelineInput(
  store: LocalStore,
  name: string,
  declaration: Declaration,
  given: InputPaths | undefined,
): Promise<Result<ResolvedInput, Failure>> {
  if (given === undefined) return { ok: true, value: { arity: 'absent' } }
  if (typeof given === 'string') {
    const found = await artifactAt(store, name, declaration, resolve(given))
    return found.ok ? { ok: true, value: { arity: 'one', available: found.value } } : found
  }
  const list: Available[] = []
  for (const path of given) {
    const found = await artifactAt(store, name, declaration, resolve(path))
    if (!found.ok) return found
    list.push(found.value)
  }
  return { ok: true, value: { arity: 'many', list } }
}

async function artifactAt(
  store: LocalStore,
  name: string,
  declaration: Declaration,
  path: string,
): Promise<Result<Available, Failure>> {
  if (declaration.kind === 'json') return jsonInput(name, declaration, path)
  const artifact = await artifactOfPath(store, declaration.kind, path)
  if (artifact.ok) return { ok: true, value: { artifact: artifact.value, path } }
  const { error } = artifact
  if (error.kind === 'source-unreadable')
    return {
      ok: false,
      error: error.path === path ? unreadable(name, path, error.code, declaration.kind) : unreadableIn(name, error),
    }
  if (error.kind === 'source-unsupported') {
    const wanted = declaration.kind === 'file' ? '; a file is needed' : ''
    return invalidInput(name, `${error.path} is ${error.what}${wanted}`)
  }
  throw new Error(`digesting ${path} failed with ${error.kind}`)
}

function unreadable(name: string, path: string, code: string, kind: string): Failure {
  if (code === 'ENOENT') return { kind: 'input-missing', input: name, path }
  const problem =
    code === 'EISDIR' || code === 'ENOTDIR'
      ? `${path} is not a ${kind === 'tree' ? 'directory' : 'file'}`
      : code === 'EACCES'
        ? `cannot read ${path}: permission denied`
        : `cannot read ${path} (${code})`
  return { kind: 'invalid', problems: [{ where: `input ${name}`, message: problem }] }
}

/** Says which entry of a folder cannot be read. */
function unreadableIn(name: string, { path, code }: { readonly path: string; readonly code: string }): Failure {
  const problem =
    (code === 'ENOENT' || code === 'ELOOP') && isLink(path)
      ? `${path} is a symbolic link that leads nowhere; remove it, or what it should lead to is missing`
      : code === 'EACCES'
        ? `cannot read ${path}: permission denied`
        : code === 'ENAMETOOLONG'
          ? `${path} is longer than the system takes`
          : `cannot read ${path} (${code})`
  return { kind: 'invalid', problems: [{ where: `input ${name}`, message: problem }] }
}

function isLink(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() === true
}

function invalidInput(name: string, message: string): { readonly ok: false; readonly error: Failure } {
  return { ok: false, error: { kind: 'invalid', problems: [{ where: `input ${name}`, message }] } }
}

function jsonInput(name: string, declaration: Declaration, path: string): Result<Available, Failure> {
  let bytes: Buffer
  try {
    bytes = readFileSync(path)
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown'
    return { ok: false, error: unreadable(name, path, code, 'file') }
  }
  const value = parsedJson(bytes)
  if (value === undefined) return invalidInput(name, `${path} holds no JSON`)
  const checked = checkedBy(declaration, value)
  if (!checked.ok) return invalidInput(name, `${path} does not match its schema: ${checked.error}`)
  return { ok: true, value: { artifact: artifactOfJson(value), path } }
}

/** Returns a JSON value as an artifact that is in no file. */
export function availableJson(value: JsonValue, partOf?: Digest): Available {
  const available = { artifact: artifactOfJson(value), path: '', text: canonicalJson(value) }
  return partOf === undefined ? available : { ...available, partOf }
}

function parsedJson(bytes: Uint8Array): JsonValue | undefined {
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
const shortBytes = 16 * 1024

/** Returns the value of a short JSON input, or the values of one that gathers; undefined for any other. */
export function shortJsonOf(input: ResolvedInput): JsonValue | undefined {
  const list = artifactsOf(input)
  const bytes = list.reduce((sum, { artifact }) => sum + artifact.sizeBytes, 0)
  if (list.length === 0 || bytes > shortBytes || list.some(({ artifact }) => artifact.kind !== 'json')) return undefined
  const values = list.flatMap((available) => {
    const value = jsonValueAt(available)
    return value === undefined ? [] : [value]
  })
  if (values.length < list.length) return undefined
  return input.arity === 'many' ? values : values[0]
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
