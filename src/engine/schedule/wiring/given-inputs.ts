import { lstatSync, readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { artifactOfJson, artifactOfPath, type LocalStore, type Result } from '../../../../store/index.ts'
import { checkedBy, type Declaration, type Failure } from '../../../core/index.ts'
import { type Available, parsedJson, type ResolvedInput } from '../../execute/inputs.ts'

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
    const wanted =
      declaration.kind === 'file'
        ? '; a file is needed'
        : error.what.startsWith('a symbolic link')
          ? '; in a folder, only links to files are followed: put there what it leads to'
          : ''
    return invalidInput(name, `${error.path} is ${error.what}${wanted}`)
  }
  throw new Error(`digesting ${path} failed with ${error.kind}`)
}

function unreadable(name: string, path: string, code: string, kind: string): Failure {
  if ((code === 'ENOENT' || code === 'ELOOP') && isLink(path)) return unreadableIn(name, { path, code })
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
