import type { StandardSchemaV1 } from '@standard-schema/spec'
import type { ArtifactKind, Result } from '../../../store/index.ts'
import { pathText, plainIssue } from './schema/plain-issue.ts'

export type { ArtifactKind } from '../../../store/index.ts'

/** How many artifacts an input takes; `named` and `settled` are `many`, with what else is told of each. */
export type Arity = 'one' | 'optional' | 'many' | 'named' | 'settled'

/** Whether an input takes several artifacts. */
export function isGathered(arity: Arity): boolean {
  return arity !== 'one' && arity !== 'optional'
}

/**
 * A declared input or output.
 * `path` is where a stage sees it: an output's place in the workspace, an input's name beside it.
 * `Value` is what a stage's `run` receives: a path for files and trees, the value itself for JSON.
 */
export interface Declaration<Kind extends ArtifactKind = ArtifactKind, A extends Arity = Arity, Value = unknown> {
  readonly kind: Kind
  readonly arity: A
  readonly path?: string
  readonly mayBeEmpty?: boolean
  readonly schema?: StandardSchemaV1<unknown, Value>
}

export interface FileOptions {
  /** An empty file fails the step unless this is set. */
  readonly mayBeEmpty?: boolean
}

/** Declares a file. For an output `path` is required; for an input it is the name under which the stage sees it. */
export function file(path?: string, options: FileOptions = {}): Declaration<'file', 'one', string> {
  return { kind: 'file', arity: 'one', ...(path === undefined ? {} : { path }), ...options }
}

/** Declares a directory. */
export function tree(path?: string, options: FileOptions = {}): Declaration<'tree', 'one', string> {
  return { kind: 'tree', arity: 'one', ...(path === undefined ? {} : { path }), ...options }
}

/** Declares a JSON value, checked by a Standard Schema when one is given. */
export function json<Value = unknown>(schema?: StandardSchemaV1<unknown, Value>): Declaration<'json', 'one', Value> {
  return { kind: 'json', arity: 'one', ...(schema === undefined ? {} : { schema }) }
}

/** Declares an input that may be absent, because the step that makes it may be skipped. */
export function optional<Kind extends ArtifactKind, Value>(
  declaration: Declaration<Kind, 'one', Value>,
): Declaration<Kind, 'optional', Value> {
  return { ...declaration, arity: 'optional' }
}

/** What an input that gathers is given besides the artifacts. */
export interface GatherOptions {
  /** `run` receives the name of each artifact's item, too: `{ item, value }`. The names are then part of the key. */
  readonly named?: true
  /**
   * A failed item does not keep the stage from running: `run` receives `{ item, failure }` in its place, and
   * `{ item, value }` for the others. Names and failures are part of the key.
   */
  readonly settled?: true
}

export type GatherArity<Options extends GatherOptions> = Options extends { readonly settled: true }
  ? 'settled'
  : Options extends { readonly named: true }
    ? 'named'
    : 'many'

/** Declares an input that gathers the artifacts of a fan-out, in its order; or, for a pipeline, a list of files. */
export function many<Kind extends ArtifactKind, Value, const Options extends GatherOptions = Record<never, never>>(
  declaration: Declaration<Kind, 'one', Value>,
  options?: Options,
): Declaration<Kind, GatherArity<Options>, Value>
export function many(declaration: Declaration, { named, settled }: GatherOptions = {}): Declaration {
  return { ...declaration, arity: settled === true ? 'settled' : named === true ? 'named' : 'many' }
}

/** What may stand as an input: `'file'` and `'tree'` are short for `file()` and `tree()`. */
export type InputDeclaration = 'file' | 'tree' | Declaration
/** What may stand as an output: a path is short for `file(path)`, a path that ends with `/` for `tree(path)`. */
export type OutputDeclaration = string | Declaration<ArtifactKind, 'one', unknown>

export type NormalInput<D extends InputDeclaration> = D extends 'file'
  ? Declaration<'file', 'one', string>
  : D extends 'tree'
    ? Declaration<'tree', 'one', string>
    : D extends Declaration
      ? D
      : never

export type NormalOutput<D extends OutputDeclaration> = D extends `${string}/`
  ? Declaration<'tree', 'one', string>
  : D extends string
    ? Declaration<'file', 'one', string>
    : D extends Declaration<ArtifactKind, 'one', unknown>
      ? D
      : never

/** Returns an input's declaration in full. */
export function normalInput(declaration: InputDeclaration): Declaration {
  if (declaration === 'file') return file()
  if (declaration === 'tree') return tree()
  return declaration
}

/** Returns an output's declaration in full. */
export function normalOutput(declaration: OutputDeclaration): Declaration {
  if (typeof declaration !== 'string') return declaration
  return declaration.endsWith('/') ? tree(declaration.slice(0, -1)) : file(declaration)
}

/** Where a JSON output named `name` lies in a job directory, or any output that declares its own path. */
export function outputPath(name: string, declaration: Declaration): string {
  return declaration.path ?? `${name}.json`
}

/** Checks a JSON value by the schema of its declaration. */
export function checkedBy(declaration: Declaration, value: unknown): Result<unknown, string> {
  if (declaration.schema === undefined) return { ok: true, value }
  const checked = declaration.schema['~standard'].validate(value)
  if (checked instanceof Promise) {
    // Some libraries return a rejected promise for a schema that throws, which would end the process.
    checked.catch(() => {})
    throw new TypeError('a schema of an artifact validates asynchronously, or throws')
  }
  if (checked.issues === undefined) return { ok: true, value: checked.value }
  const first = checked.issues[0]
  if (first === undefined) return { ok: false, error: 'invalid' }
  const where = pathText(first)
  const message = plainIssue(declaration.schema, value, first)
  return { ok: false, error: `${where === '' ? '' : `${where}: `}${message}` }
}
