import type { StandardSchemaV1 } from '@standard-schema/spec'
import type { JsonObject, JsonValue } from '../../../store/index.ts'
import type { ArtifactKind, Declaration } from './artifact.ts'
import type {
  BindingHints,
  Bindings,
  Condition,
  GatheredRefs,
  OutputRefs,
  ParamsHint,
  PipelineInputRefs,
  StepOptions,
  StepOptionsArgument,
} from './binding.ts'
import type { NoParams } from './params.ts'
import type { AnyRef, ArtifactRef, FileItem, Files, Presence, Present } from './reference.ts'
import type { ServiceDeclarations } from './service.ts'
import { type Stage, withDefaults } from './stage.ts'
import type { InputDeclarations, OutputDeclarations, ParamsSchema } from './stage-context.ts'

/** What may stand as an input of a pipeline: a file or folder, one that may be left out, or several. */
export type PipelineInput = 'file' | 'tree' | Declaration<ArtifactKind, 'one' | 'optional' | 'many'>
export type PipelineInputs = Readonly<Record<string, PipelineInput>>
export type PipelineOutputs = Readonly<Record<string, AnyRef>>

/** Places steps. What it returns is wiring: nothing runs while a pipeline is built. */
export interface PipelineBuilder<Inputs extends PipelineInputs, Params> {
  readonly inputs: PipelineInputRefs<Inputs>
  readonly params: Params
  /**
   * Places a stage that is taken only where an artifact is there: an input that may be left out, or what another step
   * makes that may not be taken. Its own outputs may then be absent.
   */
  step<I extends InputDeclarations, S extends ParamsSchema, O extends OutputDeclarations>(
    stage: Stage<I, S, O, ServiceDeclarations>,
    bindings: Bindings<I, Presence>,
    options: StepOptions<S> & { readonly when: Present },
  ): OutputRefs<O, 'maybe'>
  /** Places a stage that is taken only when a condition holds; its outputs may then be absent. */
  step<
    I extends InputDeclarations,
    S extends ParamsSchema,
    O extends OutputDeclarations,
    Value,
    B extends Bindings<I, Presence>,
  >(
    stage: Stage<I, S, O, ServiceDeclarations>,
    bindings: B & BindingHints<I, B>,
    options: StepOptions<S> & { readonly when: Condition<Value> },
  ): OutputRefs<O, 'maybe'>
  /** Never matches: it says what is missing. */
  step<I extends InputDeclarations, S extends ParamsSchema, O extends OutputDeclarations>(
    stage: Stage<I, S, O, ServiceDeclarations>,
    bindings: ParamsHint,
  ): OutputRefs<O>
  /** Places a stage, its inputs wired to artifacts, and returns references to its outputs. */
  step<
    I extends InputDeclarations,
    S extends ParamsSchema,
    O extends OutputDeclarations,
    B extends Bindings<I, Presence>,
  >(
    stage: Stage<I, S, O, ServiceDeclarations>,
    bindings: B & BindingHints<I, B>,
    ...options: StepOptionsArgument<S>
  ): OutputRefs<O>
  /**
   * Repeats its body for each item of a list that is known when the pipeline is built. What the bodies return is
   * gathered in the list's order; a body may hold fan-outs of its own, whose artifacts are gathered in their places.
   */
  each<Item, Refs extends PipelineOutputs>(
    items: readonly Item[],
    body: (item: Item) => Refs,
    options?: { readonly name?: (item: Item) => string },
  ): GatheredRefs<Refs>
  /** Repeats its body for each file of a folder; `file` and `path` are then artifacts. */
  each<Refs extends PipelineOutputs>(items: Files, body: (item: FileItem) => Refs): GatheredRefs<Refs>
  /** Repeats its body for each item of a list that a step computes; `item` is then an artifact. */
  each<Item, Refs extends PipelineOutputs>(
    items: ArtifactRef<'json', readonly Item[]>,
    body: (item: ArtifactRef<'json', Item, 'always'>) => Refs,
  ): GatheredRefs<Refs>
}

/**
 * How what people correct by hand among the outputs of a step comes into the next run: as a JSON input of the pipeline,
 * which steps merge with what is computed. The file of corrections lies in the job directory, `corrections.json` for an
 * input `corrections`, unless the run is given another one.
 */
export interface Overlay {
  /** The name of the input, which is `optional(json(...))`. */
  readonly input: string
  /** The name of the step whose outputs people correct; not one of a fan-out. */
  readonly step: string
  /**
   * Returns the corrections with what was changed by hand. It is called before the steps run, and called again with the
   * same changes where the run was killed before the step has run; then it has to return the same.
   */
  take(edit: HandEdit): TakenByHand
  /**
   * Returns the files as they would be with corrections that no run has merged yet, for an editor: it saves them by `take`
   * with `isPending`.
   */
  show?(of: Correctable): readonly EditableFile[]
  /** Returns the corrections one by one, and what becomes of each. */
  list?(of: Correctable): readonly ListedCorrection[]
  /**
   * Returns the corrections where a person has decided about some: `yours` corrects what is computed now, so that it does
   * not conflict; `computed` takes a correction back.
   */
  settle?(of: Correctable, ids: readonly string[], keep: 'yours' | 'computed'): JsonValue
  /** The JSON output of the step that says how many corrections are `applied`, and how many are `conflicts`. */
  readonly counts?: string
  /** The output of the step that lists conflicts, for people. */
  readonly listing?: string
}

/** Corrections, and what they are corrections of. */
export interface Correctable {
  /** The corrections so far; absent without any. */
  readonly corrections?: JsonValue
  /** The JSON outputs of the step as they were computed, by name. */
  readonly outputs: JsonObject
  /** The params of the step, as its stage gets them. */
  readonly params?: JsonObject
}

/** One correction, for people. */
export interface ListedCorrection {
  /** Tells it from the others until one is added or taken back. */
  readonly id: string
  readonly state: 'applied' | 'agreed' | 'conflict' | 'outside'
  /** What it is about, in lines. */
  readonly lines: readonly string[]
}

/** What a person changed in the directory of a step. */
export interface HandEdit extends Correctable {
  /** The files that were changed, added or replaced. */
  readonly files: readonly EditableFile[]
  /** Whether the files were changed from what `show` returns, not from what lies in the job. */
  readonly isPending?: boolean
}

/** A file that people edit; the path is relative to the step's directory, with slashes. */
export interface EditableFile {
  readonly path: string
  readonly text: string
  /** What an editor measures the text by, such as `maxLineChars` and `charsPerSecond` of subtitles. */
  readonly limits?: Readonly<Record<string, number>>
}

export interface TakenByHand {
  /** What is written into the file of corrections. */
  readonly corrections: JsonValue
  /** How many corrections are new, other than before, or taken back. */
  readonly changed: number
  /** Files of which the corrections hold everything. The others are kept aside as well. */
  readonly whole: readonly string[]
  /** Files of which nothing could be taken, and why. */
  readonly refused: readonly { readonly path: string; readonly why: string }[]
}

/** What a pipeline says of itself besides its inputs and params. */
export interface PipelineBody<
  Inputs extends PipelineInputs,
  Schema extends ParamsSchema,
  Outputs extends PipelineOutputs,
> {
  readonly name: string
  /** One sentence for `reprise list`. */
  readonly description?: string
  /** Params that show every step, for `reprise list` and `reprise graph`; the defaults where there are none. */
  readonly example?: StandardSchemaV1.InferInput<Schema>
  /** How what people correct in a job directory comes into its next run. */
  readonly overlay?: Overlay
  /** Places the steps, and returns the artifacts that the pipeline is for, by name. */
  build(builder: PipelineBuilder<Inputs, StandardSchemaV1.InferOutput<Schema>>): Outputs
}

/** An author's declaration of steps. */
export interface Pipeline<
  Inputs extends PipelineInputs = PipelineInputs,
  Schema extends ParamsSchema = ParamsSchema,
  Outputs extends PipelineOutputs = PipelineOutputs,
> extends PipelineBody<Inputs, Schema, Outputs> {
  readonly inputs: Inputs
  readonly params: Schema
}

/** A pipeline as an author writes it: one without inputs or params need not say so. */
export type PipelineDefinition<
  Inputs extends PipelineInputs,
  Schema extends ParamsSchema,
  Outputs extends PipelineOutputs,
> = PipelineBody<Inputs, Schema, Outputs> & { readonly inputs?: Inputs; readonly params?: Schema }

/** Defines a pipeline; its inputs and params give `build` its types. */
export function definePipeline<
  Outputs extends PipelineOutputs,
  const Inputs extends PipelineInputs = Record<never, never>,
  Schema extends ParamsSchema = NoParams,
>(pipeline: PipelineDefinition<Inputs, Schema, Outputs>): Pipeline<Inputs, Schema, Outputs> {
  return withDefaults(pipeline)
}

/** A pipeline whose declarations are known only at run time. */
export type AnyPipeline = Pipeline
