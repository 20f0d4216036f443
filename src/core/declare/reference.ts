import type { JsonValue } from '../../../store/index.ts'
import type { ArtifactKind } from './artifact.ts'

/** Whether the artifact is always there, or may be absent because its step may be skipped, or its input left out. */
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

/** The artifacts of a fan-out under one name, in the order of its items; or the files of an input that takes several. */
export interface GatheredRef<Kind extends ArtifactKind = ArtifactKind, Value = unknown> {
  readonly ref: 'gathered'
  readonly kind: Kind
  readonly sources: readonly GatheredSource[]
  readonly [phantomValue]?: Value
}

/**
 * Where an artifact comes from. `item` is the current element of a fan-out over a computed list or over files, `path`
 * the path of such a file.
 */
export type ArtifactSource =
  | { readonly from: 'input'; readonly input: string }
  | { readonly from: 'step'; readonly step: string; readonly output: string }
  | { readonly from: 'item'; readonly each: string; readonly part?: 'path' }
  | { readonly from: 'constant'; readonly value: JsonValue }
  | { readonly from: 'select'; readonly of: ArtifactSource; readonly choose: (value: JsonValue) => unknown }

/**
 * Where gathered artifacts come from: one artifact, some for each element of a computed list, in its order, or those of
 * others that a computed list names, in the order of the names.
 */
export type GatheredSource = (
  | ArtifactSource
  | { readonly from: 'each'; readonly each: string; readonly sources: readonly GatheredSource[] }
  | { readonly from: 'pick'; readonly of: readonly GatheredSource[]; readonly names: ArtifactSource }
) & {
  /** The items of the fan-outs over known lists that it was gathered in. */
  readonly item?: string
}

export type AnyRef = ArtifactRef | GatheredRef

/** The files that a fan-out is over. */
export interface Files {
  readonly ref: 'files'
  readonly of: ArtifactRef<'tree', string> | GatheredRef<'file', string>
  readonly pattern: string
}

/** What the body of a fan-out over files is given: references to the file, and to its path as a JSON text. */
export interface FileItem {
  readonly file: ArtifactRef<'file', string, 'always'>
  /** Relative to the folder, with slashes. A step has it in its key only if it is wired to it. */
  readonly path: ArtifactRef<'json', string, 'always'>
}

/**
 * Returns the files of a folder, for a fan-out: `each(files(inputs.folder, '**\/*.wav'), ({ file, path }) => ...)`. The
 * folder is an input, or a tree that a step makes. Its files come in the order of their paths; each is keyed by its own
 * bytes. Patterns are those of the shell, with `**` and `{a,b}`; names that begin with a dot must be asked for.
 * The files of an input `many(file())` are called by their names.
 */
export function files(of: ArtifactRef<'tree', string> | GatheredRef<'file', string>, pattern = '**'): Files {
  return { ref: 'files', of, pattern }
}

/**
 * Returns a part of a JSON artifact: `select(scene, (scene) => scene.title)`. What is selected is part of the key, and
 * neither the function nor the rest of the artifact is. Where the function returns `undefined`, the part is absent.
 */
export function select<Value, Selected, P extends Presence>(
  of: ArtifactRef<'json', Value, P>,
  choose: (value: Value) => Selected,
): ArtifactRef<'json', Exclude<Selected, undefined>, undefined extends Selected ? 'maybe' : P> {
  // The value at run time is what the schema of the artifact has let pass, which is the reference's type; that the
  // presence agrees with what `choose` returns, its type says.
  const source = { from: 'select', of: of.source, choose: choose as (value: unknown) => unknown } as const
  const ref: ArtifactRef<'json'> = { ref: 'artifact', kind: 'json', presence: of.presence, source }
  return ref as ArtifactRef<'json', Exclude<Selected, undefined>, undefined extends Selected ? 'maybe' : P>
}

/**
 * Returns some of the artifacts that a fan-out made, by the names of their items and in that order:
 * `pick(sounds, select(call, ({ legs }) => legs))`. Names are those that an input `many(..., { named: true })` is told: the
 * paths of files, what elements of a list call themselves. Items inside items have both names, with a slash between. A name
 * that is there twice is picked once; one that is not there fails the step that picks it. Only what is picked is waited
 * for, and part of the key.
 */
export function pick<Kind extends ArtifactKind, Value>(
  from: GatheredRef<Kind, Value>,
  names: ArtifactRef<'json', readonly string[], 'always'>,
): GatheredRef<Kind, Value> {
  const sources = [{ from: 'pick', of: from.sources, names: names.source }] as const
  return { ref: 'gathered', kind: from.kind, sources }
}

/** Returns a value as an artifact, for an input that takes JSON: `constant(params.style)`. It is keyed as any other. */
export function constant<Value>(value: Value): ArtifactRef<'json', Value, 'always'> {
  // Whether it is JSON is checked where it is wired.
  return { ref: 'artifact', kind: 'json', presence: 'always', source: { from: 'constant', value: value as JsonValue } }
}

/** The condition that an artifact is there. */
export interface Present {
  readonly ref: 'present'
  readonly of: ArtifactRef
}

/** Returns the condition that an artifact is there: `step(lyrics, { lrc }, { when: present(lrc) })`. */
export function present(of: ArtifactRef): Present {
  return { ref: 'present', of }
}
