import type { StandardSchemaV1 } from '@standard-schema/spec'
import type { ArtifactKind } from '../../../store/index.ts'

export type { ArtifactKind } from '../../../store/index.ts'

/** How many artifacts an input takes. */
export type Arity = 'one' | 'optional' | 'many'

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

/** Declares an input that gathers the artifacts of a fan-out, in its order. */
export function many<Kind extends ArtifactKind, Value>(
  declaration: Declaration<Kind, 'one', Value>,
): Declaration<Kind, 'many', Value> {
  return { ...declaration, arity: 'many' }
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

/** Whether the artifact is always there, or may be absent because its step may be skipped. */
export type Presence = 'always' | 'maybe'

declare const phantomValue: unique symbol

/** A reference to an artifact that a step will make, or that the pipeline is given: an edge of the graph. */
export interface ArtifactRef<Kind extends ArtifactKind = ArtifactKind, Value = unknown, P extends Presence = Presence> {
  readonly ref: 'artifact'
  readonly kind: Kind
  readonly presence: P
  readonly source: ArtifactSource
  readonly [phantomValue]?: Value
}

/** The artifacts of a fan-out under one name, in the order of its items. */
export interface GatheredRef<Kind extends ArtifactKind = ArtifactKind, Value = unknown> {
  readonly ref: 'gathered'
  readonly kind: Kind
  readonly sources: readonly GatheredSource[]
  readonly [phantomValue]?: Value
}

/** Where an artifact comes from. `item` is the current element of a fan-out over a computed list. */
export type ArtifactSource =
  | { readonly from: 'input'; readonly input: string }
  | { readonly from: 'step'; readonly step: string; readonly output: string }
  | { readonly from: 'item'; readonly each: string }

/** Where gathered artifacts come from: one artifact, or some for each element of a computed list, in its order. */
export type GatheredSource =
  | ArtifactSource
  | { readonly from: 'each'; readonly each: string; readonly sources: readonly GatheredSource[] }

export type AnyRef = ArtifactRef | GatheredRef
