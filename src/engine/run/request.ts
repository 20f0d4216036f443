import type { ActionKey, Digest, LocalStore, MaterializeOptions, StoreLimits } from '../../../store/index.ts'
import type {
  AnyPipeline,
  Device,
  Failure,
  Listener,
  Outcome,
  Provision,
  Reason,
  RunSummary,
  Selection,
} from '../../core/index.ts'
import type { EventBus } from '../events/event-bus.ts'
import type { ExecutorFactory } from '../execute/executor-site.ts'
import type { Timing } from '../system/timing.ts'
import type { LintFinding } from './lint.ts'

/** One invocation over a job. */
export interface RunRequest {
  readonly pipeline: AnyPipeline
  /** Paths by input name. */
  readonly inputs: Readonly<Record<string, string>>
  readonly params?: object
  readonly jobDir: string
  readonly store: LocalStore
  readonly device?: Device | 'auto'
  /** The GPUs that steps are given, as `CUDA_VISIBLE_DEVICES` names them; those that are found by default. */
  readonly gpus?: readonly string[]
  readonly selection?: Selection
  /** How many steps execute at once; as many as there are cores by default. */
  readonly concurrency?: number
  /** What the stages' services are: `services: [provide(llm, client)]`. */
  readonly services?: readonly Provision[]
  /** The author's own pools, by name and number of slots, and other sizes for `cpu`, `gpu` (one a GPU) and `io`. */
  readonly pools?: Readonly<Record<string, number>>
  /** After a failure, executes everything that does not depend on it. */
  readonly keepGoing?: boolean
  /** Fails at the first step that has no result, and executes nothing. */
  readonly failOnMiss?: boolean
  /** Cancels the run: TERM to every process of it, then KILL. */
  readonly signal?: AbortSignal
  /** Skips the grace of a cancelled run. */
  readonly killSignal?: AbortSignal
  /** How long a cancelled process has between TERM and KILL; 5000 by default. */
  readonly killGraceMs?: number
  /** How a hit's files come into the job directory: `hardlink` shares read-only inodes with the store; `auto` by default. */
  readonly link?: MaterializeOptions['link']
  /** What the store may occupy when the run ends; a tenth of its disk by default. */
  readonly storeLimits?: StoreLimits
  /** Looks after each executed step for what it must not do, one step at a time: see `RunResult.lint`. */
  readonly lint?: boolean
  /** How long the run may take; what is not done then is stopped as by a cancel, and the run has failed. */
  readonly timeoutMs?: number
  /** What makes waits and time limits pass; the machine's clock by default. */
  readonly timing?: Timing
  /**
   * Makes what executes the steps that have no result, in place of this process. It is for tests, and for the executors
   * that reach other machines: it may change with any release.
   *
   * @internal
   */
  readonly executor?: ExecutorFactory
  /** Told every event. */
  readonly onEvent?: Listener
  /** Given every event, for listeners of one type or of all; those that fail or are slow are told of in a warning. */
  readonly events?: EventBus
}

/** An output of a pipeline: where it lies in the job directory, and its digest. JSON outputs hold their value. */
export interface RunOutput {
  readonly kind: 'file' | 'tree' | 'json'
  readonly path: string
  readonly digest: Digest
  readonly value?: unknown
}

/** How a run ended. `failure` is set when it could not start, or is the first step's failure. */
export interface RunResult {
  readonly status: 'completed' | 'failed' | 'cancelled'
  readonly outcomes: ReadonlyMap<string, Outcome>
  /** By the names that the pipeline's `build` returned; a gathered output is a list, an absent one is left out. */
  readonly outputs: Readonly<Record<string, RunOutput | readonly RunOutput[]>>
  /** The ids of the steps that failed. */
  readonly failedSteps: readonly string[]
  /** The earlier name of `failedSteps`. */
  readonly failedStages: readonly string[]
  /** What executed steps did that they must not do; there when the request asked for it. */
  readonly lint?: readonly LintFinding[]
  readonly failure?: Failure
  readonly summary: RunSummary
}

/** What a run would do with one step. `unknown`: it depends on a step that misses, and hits if that gives the same bytes. */
export type StepForecast =
  | {
      readonly step: string
      readonly kind: 'hit'
      readonly key: ActionKey
      readonly savedMs: number
      /** Where the result was made, when that is another device than the run's. */
      readonly device?: Device
    }
  | { readonly step: string; readonly kind: 'miss'; readonly key: ActionKey; readonly reasons: readonly Reason[] }
  | { readonly step: string; readonly kind: 'unknown'; readonly after: readonly string[] }
  | { readonly step: string; readonly kind: 'skipped'; readonly because: 'condition' | 'not-selected' }
  | { readonly step: string; readonly kind: 'blocked'; readonly failure: Failure }

/** What a run will do, before it does it. */
export type RunPlan = readonly StepForecast[]
