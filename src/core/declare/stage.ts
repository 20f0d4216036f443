import type { StandardSchemaV1 } from '@standard-schema/spec'
import type { JsonObject } from '../../../store/index.ts'
import type { Device } from '../failure/device.ts'
import type { ExecutionPolicy, MemoryRung } from '../failure/execution-policy.ts'
import type { AnyContract, Contract } from './contract.ts'
import { type NoParams, noParams } from './params.ts'
import type { ServiceDeclarations } from './service.ts'
import type { InputDeclarations, OutputDeclarations, ParamsSchema, RunReturn, StageContext } from './stage-context.ts'
import type { Tool } from './tool.ts'

export interface StageResources {
  /**
   * The pool that limits how many such steps run at once: `cpu` by default, `gpu` has a slot a GPU. Never part of the
   * key.
   */
  readonly pool?: string
  /** How many slots of the pool such a step takes; 1 by default, and at most as many as the pool has. */
  readonly slots?: number
}

/** What a stage says of itself besides its inputs and params. */
export interface StageBody<
  Inputs extends InputDeclarations,
  Schema extends ParamsSchema,
  Outputs extends OutputDeclarations,
  Services extends ServiceDeclarations = Record<never, never>,
> extends ExecutionPolicy {
  readonly name: string
  /** Raised when the outputs of the same inputs change. */
  readonly version: number
  /** One sentence for `reprise list`. */
  readonly description?: string
  readonly outputs: Outputs
  /**
   * Modules that compute in threads of their own, by name: `new URL('./peaks.ts', import.meta.url)`. What holds the
   * processor belongs there, because in `run` itself it would hold the whole program: no cancel, time-out, progress or
   * other step would get a turn. They are part of the stage's `source`.
   */
  readonly threads?: Readonly<Record<string, URL>>
  /** The programs it runs. */
  readonly tools?: readonly Tool[]
  /** More programs that it runs, depending on the params. */
  toolsFor?(params: StandardSchemaV1.InferOutput<Schema>): readonly Tool[]
  /**
   * False for a stage that gives other bytes each time, such as one that asks a language model. Its results are kept
   * all
   * the same, and its manifests say so.
   */
  readonly deterministic?: boolean
  /** The devices whose choice changes what the stage computes; `['cpu']` by default. */
  readonly devices?: readonly Device[]
  /**
   * Whether a result from another of its devices may be used: `compatible`, if their results are
   * equally good; `strict` by default.
   */
  readonly devicePolicy?: 'strict' | 'compatible'
  /**
   * Where the stage's source is: `import.meta.url`. What its definition reaches in the project's files and in packages
   * is then part of the key, without comments, formatting and types. `'version'` leaves it to `version` alone, as does
   * its absence in a program; a stage defined in `reprise.config.ts` or a file that it imports notes its source by
   * itself.
   */
  readonly source?: string | readonly string[]
  /**
   * Names of values of the environment that the stage or its tools read, such as `LANG_MODEL`. Their values are part of
   * the key and stand in manifests, so a secret must not be among them.
   */
  readonly env?: readonly string[]
  /**
   * Services that the run must provide; `run` gets their clients by these names. Not part of the key unless `keyed`.
   */
  readonly services?: Services
  readonly resources?: StageResources
  /** Checks of the outputs before anything is stored; a violated one fails the step. Never part of the key. */
  readonly contracts?: readonly Contract<
    NoInfer<Inputs>,
    StandardSchemaV1.InferOutput<NoInfer<Schema>>,
    NoInfer<Outputs>
  >[]
  /**
   * What to try, one after the other, when the device is out of memory. What really ran is in the
   * key and the manifest, and later runs begin with what worked.
   */
  readonly onOutOfMemory?: readonly MemoryRung<Partial<StandardSchemaV1.InferInput<Schema>>>[]
  run(
    context: StageContext<Inputs, StandardSchemaV1.InferOutput<Schema>, Outputs, Services>,
  ): Promise<RunReturn<Outputs>> | RunReturn<Outputs>
}

/** A reusable, versioned kind of work. */
export interface Stage<
  Inputs extends InputDeclarations,
  Schema extends ParamsSchema,
  Outputs extends OutputDeclarations,
  Services extends ServiceDeclarations = Record<never, never>,
> extends StageBody<Inputs, Schema, Outputs, Services> {
  readonly inputs: Inputs
  readonly params: Schema
}

/** A stage as an author writes it: one without inputs or params need not say so. */
export type StageDefinition<
  Inputs extends InputDeclarations,
  Schema extends ParamsSchema,
  Outputs extends OutputDeclarations,
  Services extends ServiceDeclarations,
> = StageBody<Inputs, Schema, Outputs, Services> & { readonly inputs?: Inputs; readonly params?: Schema }

/** A stage whose declarations are known only at run time. */
export interface AnyStage
  extends Omit<Stage<InputDeclarations, ParamsSchema, OutputDeclarations, ServiceDeclarations>, 'run' | 'contracts'> {
  readonly contracts?: readonly AnyContract[]
  run(context: StageContext<InputDeclarations, object, OutputDeclarations, ServiceDeclarations>): unknown
}

/** Defines a stage; its inputs, params and outputs give `run` its types. */
export function defineStage<
  const Outputs extends OutputDeclarations,
  const Inputs extends InputDeclarations = Record<never, never>,
  Schema extends ParamsSchema = NoParams,
  const Services extends ServiceDeclarations = Record<never, never>,
>(
  definition: StageDefinition<Inputs, Schema, Outputs, Services>,
  noted?: NotedDefinition,
): Stage<Inputs, Schema, Outputs, Services> {
  const stage = withDefaults(definition)
  definitions.set(stage, { atMs: Date.now(), ...noted })
  return stage
}

/** Returns a definition with no inputs and no params where it says nothing of them. */
export function withDefaults<Definition extends { readonly inputs?: unknown; readonly params?: unknown }, Whole>(
  definition: Definition & Partial<Whole>,
): Whole {
  if (definition.inputs !== undefined && definition.params !== undefined) return definition as unknown as Whole
  return { inputs: {}, params: noParams, ...definition } as unknown as Whole
}

/** A line of a file of the project. */
export interface CodeSite {
  readonly path: string
  readonly line: number
}

/** Where a stage of a config is defined. */
export interface NotedDefinition {
  /** The call that defines it, and those that led there, the innermost first. */
  readonly sites?: readonly CodeSite[]
  /** The config. */
  readonly entry?: string
  /** The stages that were made in the same place by the same name, it among them: only what they were made of differs. */
  readonly siblings?: readonly object[]
  /** The pipeline that was being built, and its params. */
  readonly building?: { readonly pipeline: string; readonly params: JsonObject }
}

const definitions = new WeakMap<object, NotedDefinition & { readonly atMs: number }>()

/** Returns when a stage was defined, in milliseconds since 1970: its source was loaded by then. */
export function definedAtMs(stage: object): number {
  return definitions.get(stage)?.atMs ?? performance.timeOrigin
}

/** Returns what was noted when a stage was defined; undefined for one that was made otherwise, such as by copying. */
export function definitionOf(stage: object): NotedDefinition | undefined {
  return definitions.get(stage)
}

/** Returns the programs that a stage runs with these params. */
export function toolsOf(stage: AnyStage, params: object): readonly Tool[] {
  return [...(stage.tools ?? []), ...(stage.toolsFor?.(params) ?? [])]
}
