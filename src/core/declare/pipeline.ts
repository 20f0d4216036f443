import type { StandardSchemaV1 } from '@standard-schema/spec'
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
import type { AnyRef, ArtifactRef, FileItem, Files, Presence, Present } from './reference.ts'
import type { ServiceDeclarations } from './service.ts'
import type { Stage } from './stage.ts'
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

/** An author's declaration of steps. */
export interface Pipeline<
  Inputs extends PipelineInputs = PipelineInputs,
  Schema extends ParamsSchema = ParamsSchema,
  Outputs extends PipelineOutputs = PipelineOutputs,
> {
  readonly name: string
  /** One sentence for `reprise list`. */
  readonly description?: string
  readonly inputs: Inputs
  readonly params: Schema
  /** Params that show every step, for `reprise list` and `reprise graph`; the defaults where there are none. */
  readonly example?: StandardSchemaV1.InferInput<Schema>
  /** Places the steps, and returns the artifacts that the pipeline is for, by name. */
  build(builder: PipelineBuilder<Inputs, StandardSchemaV1.InferOutput<Schema>>): Outputs
}

/** Defines a pipeline; its inputs and params give `build` its types. */
export function definePipeline<
  const Inputs extends PipelineInputs,
  Schema extends ParamsSchema,
  Outputs extends PipelineOutputs,
>(pipeline: Pipeline<Inputs, Schema, Outputs>): Pipeline<Inputs, Schema, Outputs> {
  return pipeline
}

/** A pipeline whose declarations are known only at run time. */
export type AnyPipeline = Pipeline
