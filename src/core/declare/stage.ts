import type { StandardSchemaV1 } from '@standard-schema/spec'
import type { Device } from '../failure/device.ts'
import type { ExecutionPolicy, MemoryRung } from '../failure/execution-policy.ts'
import type { AnyContract, Contract } from './contract.ts'
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

/** A reusable, versioned kind of work. */
export interface Stage<
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
  readonly inputs: Inputs
  readonly params: Schema
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
   * Where the stage's source is: `import.meta.url`. Its file and the files of the project that this imports are then
   * part
   * of the key, without their comments, formatting and types. `'version'` leaves it to `version` alone, as does its
   * absence in a program; a stage defined in `reprise.config.ts` or a file that it imports notes its source by itself.
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

/** A stage whose declarations are known only at run time. */
export interface AnyStage
  extends Omit<Stage<InputDeclarations, ParamsSchema, OutputDeclarations, ServiceDeclarations>, 'run' | 'contracts'> {
  readonly contracts?: readonly AnyContract[]
  run(context: StageContext<InputDeclarations, object, OutputDeclarations, ServiceDeclarations>): unknown
}

/** Defines a stage; its inputs, params and outputs give `run` its types. */
export function defineStage<
  const Inputs extends InputDeclarations,
  Schema extends ParamsSchema,
  const Outputs extends OutputDeclarations,
  const Services extends ServiceDeclarations = Record<never, never>,
>(stage: Stage<Inputs, Schema, Outputs, Services>): Stage<Inputs, Schema, Outputs, Services> {
  definitionTimes.set(stage, Date.now())
  return stage
}

const definitionTimes = new WeakMap<object, number>()

/** Returns when a stage was defined, in milliseconds since 1970: its source was loaded by then. */
export function definedAtMs(stage: object): number {
  return definitionTimes.get(stage) ?? performance.timeOrigin
}

/** Returns the programs that a stage runs with these params. */
export function toolsOf(stage: AnyStage, params: object): readonly Tool[] {
  return [...(stage.tools ?? []), ...(stage.toolsFor?.(params) ?? [])]
}
