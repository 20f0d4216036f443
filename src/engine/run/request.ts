import type { ActionKey, Digest, LocalStore, MaterializeOptions, StoreLimits } from '../../../store/index.ts'
import type {
  AnyPipeline,
  ArtifactKind,
  ArtifactRef,
  CorrectionsMerged,
  Device,
  Failure,
  GatheredRef,
  Listener,
  NormalInput,
  OptionalNames,
  Outcome,
  ParamsOption,
  PipelineInputs,
  PipelineOutputs,
  Provision,
  Reason,
  RunSummary,
  Selection,
} from '../../core/index.ts'
import type { EventBus } from '../events/event-bus.ts'
import type { ExecutorFactory } from '../execute/executor-site.ts'
import type { PlanTime } from '../schedule/plan-time.ts'
import type { InputPaths } from '../schedule/wiring/given-inputs.ts'
import type { Timing } from '../system/timing.ts'
import type { LintFinding } from './lint.ts'

/** The paths that a pipeline is given, by input name: a list for an input that takes several. */
export type RequestedInputs<Inputs extends PipelineInputs> = string extends keyof Inputs
  ? Readonly<Record<string, InputPaths | undefined>>
  : {
      readonly [Name in Exclude<keyof Inputs, OptionalNames<Inputs>>]: PathsFor<NormalInput<Inputs[Name]>>
    } & { readonly [Name in OptionalNames<Inputs>]?: string | undefined }

export type PathsFor<D> = D extends { readonly arity: 'many' } ? readonly string[] : string

/** One run of a pipeline in a job directory: the pipeline's inputs and params decide what it is given. */
export type RunRequest<P extends AnyPipeline = AnyPipeline> = RunOptions & {
  readonly pipeline: P
  readonly inputs: RequestedInputs<NoInfer<P>['inputs']>
} & ParamsOption<NoInfer<P>['params']>

/** How a pipeline is run, whichever it is. */
export interface RunOptions {
  readonly jobDir: string
  /** The config that defines the pipeline: `reprise run --job DIR` loads it from wherever it is called. */
  readonly config?: string
  readonly store: LocalStore
  readonly device?: Device | 'auto'
  /** The GPUs for steps, as `CUDA_VISIBLE_DEVICES` names them; by default those that are found. */
  readonly gpus?: readonly string[]
  readonly selection?: Selection
  /** How many steps execute at once; by default the number of cores. */
  readonly concurrency?: number
  /** Provides the stages' services: `services: [provide(llm, client)]`. */
  readonly services?: readonly Provision[]
  /** The author's own pools, by name and number of slots, and other sizes for `cpu`, `gpu` (one a GPU) and `io`. */
  readonly pools?: Readonly<Record<string, number>>
  /** After a failure, executes every step that does not depend on the failed one. */
  readonly keepGoing?: boolean
  /** Fails at the first cache miss, and executes nothing. */
  readonly failOnMiss?: boolean
  /** Cancels the run: TERM to every process of it, then KILL. */
  readonly signal?: AbortSignal
  /** Skips the grace period of a cancelled run. */
  readonly killSignal?: AbortSignal
  /** The grace period of a cancelled process between TERM and KILL; 5000 by default. */
  readonly killGraceMs?: number
  /**
   * How a hit's files come into the job directory: `hardlink` shares read-only inodes with the store; `auto` by
   * default.
   */
  readonly link?: MaterializeOptions['link']
  /** What the store may occupy when the run ends; a tenth of its disk by default. */
  readonly storeLimits?: StoreLimits
  /** Checks after each executed step what it did and must not do, one step at a time: see `RunResult.lint`. */
  readonly lint?: boolean
  /** How long the run may take. Then it is stopped as by a cancel, and has failed. */
  readonly timeoutMs?: number
  /**
   * A line that is written to stderr when this process dies during the run, by SIGKILL or a crash, once the run has started
   * a program: by the watchdog, which then ends the run's programs. Without it, nothing is written.
   */
  readonly crashNotice?: string
  /** The clock for waits and time limits; the machine's by default. */
  readonly timing?: Timing
  /**
   * Makes what executes the steps that have no result, in place of this process. It is for tests, and for the executors
   * that reach other machines: it may change with any release.
   *
   * @internal
   */
  readonly executor?: ExecutorFactory
  /**
   * The pools whose steps that executor has executed by other machines.
   *
   * @internal
   */
  readonly poolsElsewhere?: readonly string[]
  /**
   * The device of those machines, by pool, where it is another one than that of the run.
   *
   * @internal
   */
  readonly poolDevices?: Readonly<Record<string, Device>>
  /**
   * What was found before the run, to be told in its first events.
   *
   * @internal
   */
  readonly warnings?: readonly string[]
  /** Called with every event. */
  readonly onEvent?: Listener
  /**
   * Receives every event, for listeners of one type or of all. A listener that fails or is slow is reported in a
   * warning.
   */
  readonly events?: EventBus
}

/** An output of a pipeline: its path in the job directory, and its digest. JSON outputs hold their value. */
export type RunOutput<Kind extends ArtifactKind = ArtifactKind, Value = unknown> = OutputPlace<Kind> &
  (Kind extends 'json' ? { readonly value: Value } : { readonly value?: undefined })

export interface OutputPlace<Kind extends ArtifactKind = ArtifactKind> {
  readonly kind: Kind
  /** Empty for a JSON value that is in no file: a constant, an item of a list, what was selected. */
  readonly path: string
  readonly digest: Digest
  /** The item of the fan-out that it was gathered from. */
  readonly item?: string
}

/** What a pipeline has made, by the names that its `build` returns: those that are there. */
export type RunOutputs<P extends AnyPipeline> = OutputsOf<ReturnType<P['build']>>
export type OutputsOf<Outputs extends PipelineOutputs> = string extends keyof Outputs
  ? Readonly<Record<string, RunOutput | readonly RunOutput[]>>
  : { readonly [Name in keyof Outputs]?: RunOutputOf<Outputs[Name]> }

export type RunOutputOf<Ref> =
  Ref extends GatheredRef<infer Kind, infer Value>
    ? readonly RunOutput<Kind, Value>[]
    : Ref extends ArtifactRef<infer Kind, infer Value>
      ? RunOutput<Kind, Value>
      : never

/** How a run ended. `failure` says why it could not start, or is the first failure of a step. */
export interface RunResult<P extends AnyPipeline = AnyPipeline> {
  readonly status: 'completed' | 'failed' | 'cancelled'
  readonly outcomes: ReadonlyMap<string, Outcome>
  /**
   * By the names that the pipeline's `build` returned; an absent one is left out. A gathered output is a list of what
   * is there, also where an item failed.
   */
  readonly outputs: RunOutputs<P>
  /** The ids of the steps that failed. */
  readonly failedSteps: readonly string[]
  /** The earlier name of `failedSteps`. */
  readonly failedStages: readonly string[]
  /** What executed steps did and must not do; present if the request asked for it. */
  readonly lint?: readonly LintFinding[]
  readonly failure?: Failure
  /** What became of the corrections that people made by hand; absent without any. */
  readonly corrections?: CorrectionsMerged
  /** Why the run was cancelled, where whoever did that says so. */
  readonly reason?: string
  readonly summary: RunSummary
}

/** What a run would do with one step. `unknown`: it depends on a miss, and hits if that gives the same bytes. */
export type StepForecast =
  | {
      readonly step: string
      readonly kind: 'hit'
      readonly key: ActionKey
      readonly savedMs: number
      /** The device that made the result, if it is not the run's. */
      readonly device?: Device
      /** The remote that has the result, if this machine has not: a run would fetch it. */
      readonly remote?: string
    }
  | { readonly step: string; readonly kind: 'miss'; readonly key: ActionKey; readonly reasons: readonly Reason[] }
  /** `certain`: it is executed in any case, as where it is forced. */
  | { readonly step: string; readonly kind: 'unknown'; readonly after: readonly string[]; readonly certain?: true }
  | { readonly step: string; readonly kind: 'skipped'; readonly because: 'condition' | 'not-selected' }
  | { readonly step: string; readonly kind: 'blocked'; readonly failure: Failure }

/** What a run will do, predicted before it runs. */
export type RunPlan = readonly StepForecast[]

/** What a run will do, and about how long it takes. */
export interface PredictedRun {
  readonly plan: RunPlan
  readonly time: PlanTime
}
