import { readFileSync } from 'node:fs'
import {
  artifactOfPath,
  canonicalJson,
  digestBytes,
  digestText,
  type JsonValue,
  type LocalStore,
  type Result,
  type StoredArtifact,
} from '../../../store/index.ts'
import { type ActionInput, type Declaration, type Failure, type InputDeclaration, isJson } from '../../core/index.ts'

/** An existing artifact and its path; an item of a fan-out has no path and holds its JSON text. */
export interface Available {
  readonly artifact: StoredArtifact
  readonly path: string
  readonly text?: string
}

/** The resolved artifacts of one input of a step. */
export type ResolvedInput =
  | { readonly arity: 'one'; readonly available: Available }
  | { readonly arity: 'many'; readonly list: readonly Available[] }
  | { readonly arity: 'absent' }

export type ResolvedInputs = Readonly<Record<string, ResolvedInput>>

/** Returns a resolved input as its declaration takes it; undefined if a required one is absent. */
export function asDeclared(declaration: InputDeclaration, input: ResolvedInput): ResolvedInput | undefined {
  if (input.arity !== 'absent') return input
  const arity = typeof declaration === 'string' ? 'one' : declaration.arity
  if (arity === 'one') return undefined
  return arity === 'many' ? { arity, list: [] } : input
}

/** Returns what an input contributes to the key. */
export function actionInputOf(input: ResolvedInput): ActionInput {
  switch (input.arity) {
    case 'one':
      return digestText(input.available.artifact.digest)
    case 'many':
      return input.list.map(({ artifact }) => digestText(artifact.digest))
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
  return input.arity === 'one' ? [input.available] : input.arity === 'many' ? input.list : []
}

/** Returns how many bytes some inputs have in all. */
export function bytesOf(inputs: ResolvedInputs): number {
  let bytes = 0
  for (const input of Object.values(inputs)) {
    if (input.arity === 'one') bytes += input.available.artifact.sizeBytes
    else if (input.arity === 'many') for (const { artifact } of input.list) bytes += artifact.sizeBytes
  }
  return bytes
}

/** Returns the artifact that a user's path holds, by a remembered digest where the file did not change. */
export async function pipelineInput(
  store: LocalStore,
  name: string,
  declaration: Declaration,
  path: string,
): Promise<Result<Available, Failure>> {
  if (declaration.kind === 'json') return jsonInput(name, path)
  const artifact = await artifactOfPath(store, declaration.kind, path)
  if (artifact.ok) return { ok: true, value: { artifact: artifact.value, path } }
  const { error } = artifact
  if (error.kind === 'source-unreadable')
    return { ok: false, error: unreadable(name, path, error.code, declaration.kind) }
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

function invalidInput(name: string, message: string): { readonly ok: false; readonly error: Failure } {
  return { ok: false, error: { kind: 'invalid', problems: [{ where: `input ${name}`, message }] } }
}

function jsonInput(name: string, path: string): Result<Available, Failure> {
  let bytes: Buffer
  try {
    bytes = readFileSync(path)
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown'
    return { ok: false, error: unreadable(name, path, code, 'file') }
  }
  const value = parsedJson(bytes)
  if (value === undefined) return invalidInput(name, `${path} holds no JSON`)
  const digest = digestBytes(Buffer.from(canonicalJson(value)))
  return { ok: true, value: { artifact: { kind: 'json', digest, sizeBytes: digest.sizeBytes }, path } }
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

/** Returns the path of an input that no longer holds what was digested, or undefined when all do. */
export async function changedInput(store: LocalStore, inputs: ResolvedInputs): Promise<string | undefined> {
  for (const available of availableOf(inputs)) {
    if (!(await isUnchanged(store, available))) return available.path
  }
  return undefined
}

async function isUnchanged(store: LocalStore, available: Available): Promise<boolean> {
  const { artifact, path } = available
  if (artifact.kind === 'json') return jsonValueAt(available) !== undefined
  if (artifact.kind === 'file') {
    const known = store.ledger.fileDigests.known(path)
    if (known !== undefined) return known.digest.hash === artifact.digest.hash
  }
  const now = await artifactOfPath(store, artifact.kind, path)
  return now.ok && now.value.digest.hash === artifact.digest.hash
}
