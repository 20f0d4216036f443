import type { StandardSchemaV1 } from '@standard-schema/spec'
import type { ExecutionPolicy, MemoryRung } from '../failure/execution-policy.ts'
import type { ArtifactKind, Declaration, InputDeclaration, NormalInput, NormalOutput } from './artifact.ts'
import type { ArtifactRef, GatheredRef, Presence } from './reference.ts'
import type { InputDeclarations, OutputDeclarations, ParamsSchema } from './stage-context.ts'

export type BindingTo<D, P extends Presence = 'always'> =
  D extends Declaration<infer Kind, infer A, infer Value>
    ? A extends 'one'
      ? ArtifactRef<Kind, Value, P>
      : A extends 'optional'
        ? ArtifactRef<Kind, Value> | undefined
        : GatheredRef<Kind, Value> | readonly ArtifactRef<Kind, Value>[]
    : never

export type OptionalNames<Inputs extends InputDeclarations> = {
  [Name in keyof Inputs]: NormalInput<Inputs[Name]> extends Declaration<ArtifactKind, 'optional', infer _Value>
    ? Name
    : never
}[keyof Inputs]

/**
 * The artifacts that a step's inputs may be wired to: a wrong kind, or a name that does not exist, does not compile.
 * With another `P`, also what may be absent.
 */
export type Bindings<Inputs extends InputDeclarations, P extends Presence = 'always'> = {
  readonly [Name in Exclude<keyof Inputs, OptionalNames<Inputs>>]: BindingTo<NormalInput<Inputs[Name]>, P>
} & { readonly [Name in OptionalNames<Inputs>]?: BindingTo<NormalInput<Inputs[Name]>> }

/** What the compiler asks for in place of an artifact that may be absent, where one is needed. */
export type PresenceHint =
  'this artifact may be absent: declare the input optional(...), or take the step only { when: present(artifact) }'

/** What the compiler asks for in place of an input that the stage does not have. */
export type NameHint = 'the stage has no input of this name'

/** Asks for a hint, which nothing is, in place of each artifact that is wired wrongly; not where a kind is wrong. */
export type BindingHints<Inputs extends InputDeclarations, Given> =
  Bindings<Inputs, Presence> extends Given
    ? unknown
    : {
        readonly [Name in keyof Given as Name extends keyof Inputs
          ? Given[Name] extends ArtifactRef<ArtifactKind, unknown, 'always'>
            ? never
            : NormalInput<Inputs[Name]> extends Declaration<ArtifactKind, 'one'>
              ? Name
              : never
          : Name]: Name extends keyof Inputs ? PresenceHint : NameHint
      }

export type RefTo<D, P extends Presence> =
  D extends Declaration<infer Kind, 'one', infer Value> ? ArtifactRef<Kind, Value, P> : never

/** What `step` returns: a reference to each output of the stage. */
export type OutputRefs<Outputs extends OutputDeclarations, P extends Presence = 'always'> = {
  readonly [Name in keyof Outputs]: RefTo<NormalOutput<Outputs[Name]>, P>
}

export type PipelineInputRef<D> =
  D extends Declaration<infer Kind, infer A, infer Value>
    ? A extends 'one'
      ? ArtifactRef<Kind, Value, 'always'>
      : A extends 'optional'
        ? ArtifactRef<Kind, Value, 'maybe'>
        : GatheredRef<Kind, Value>
    : never

/** What `build` receives: a reference to each input of the pipeline. */
export type PipelineInputRefs<Inputs extends Readonly<Record<string, InputDeclaration>>> = {
  readonly [Name in keyof Inputs]: PipelineInputRef<NormalInput<Inputs[Name]>>
}

export type Gathered<Ref> =
  Ref extends ArtifactRef<infer Kind, infer Value>
    ? GatheredRef<Kind, Value>
    : Ref extends GatheredRef<infer Kind, infer Value>
      ? GatheredRef<Kind, Value>
      : never

/** What `each` returns: every artifact that its body names, gathered over the items. */
export type GatheredRefs<Refs> = { readonly [Name in keyof Refs]: Gathered<Refs[Name]> }

/** When a step is taken: a constant, a JSON artifact that is true, or one that a predicate holds for. */
export type Condition<Value = unknown> =
  | boolean
  | ArtifactRef<'json', boolean>
  | { readonly of: ArtifactRef<'json', Value>; is(value: Value): boolean }

/** What the compiler asks for where a condition is none. */
export type ConditionHint =
  "'when' takes true or false, a JSON output that is a boolean, { of: output, is: (value) => value.isLong }, or present(artifact)"

export interface PlainStepOptions extends ExecutionPolicy {
  /** The step's id; the stage's name by default. Two steps of one stage need different ids. */
  readonly id?: string
  /**
   * The id of the step that this one is a part of: its directory has the number of that one. So a pipeline may take a step
   * apart, and the directories of the steps after it keep their names.
   */
  readonly partOf?: string
}

export type ParamsOption<Schema extends ParamsSchema> =
  Record<never, never> extends StandardSchemaV1.InferInput<Schema>
    ? { readonly params?: StandardSchemaV1.InferInput<Schema> }
    : { readonly params: StandardSchemaV1.InferInput<Schema> }

export interface MemoryOption<Schema extends ParamsSchema> {
  /** Instead of the stage's own. */
  readonly onOutOfMemory?: readonly MemoryRung<Partial<StandardSchemaV1.InferInput<Schema>>>[]
}

export type StepOptions<Schema extends ParamsSchema> = PlainStepOptions & ParamsOption<Schema> & MemoryOption<Schema>

/** The trailing argument of `step`: it may be left out where every param has a default. */
export type StepOptionsArgument<Schema extends ParamsSchema> =
  Record<never, never> extends StandardSchemaV1.InferInput<Schema>
    ? [options?: StepOptions<Schema> & NoCondition]
    : [optionsWithParams: StepOptions<Schema> & NoCondition]

/** What the compiler asks for where the options of a step are left out, and its stage has params without defaults. */
export type ParamsHint =
  'the stage has params without a default: pass them as in step(stage, inputs, { params: { ... } })'

export interface NoCondition {
  readonly when?: ConditionHint
}
