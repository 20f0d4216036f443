import type { Difference } from '../failure/difference.ts'
import type { Reason } from '../failure/explanation.ts'
import type { Failure } from '../failure/failure.ts'

/** What every event says: when (ISO 8601), in which run, in which job directory. */
interface EventBase {
  readonly ts: string
  readonly run: string
  readonly job: string
}

/** What every event of a step says besides: its id in the pipeline. */
interface StepEventBase extends EventBase {
  readonly stage: string
}

export interface PipelineStarted extends EventBase {
  readonly event: 'pipeline_started'
  readonly pipeline: string
  readonly device: string
  /**
   * Ids of the steps that the run is about, in the pipeline's order: those that are selected, and all that they need.
   */
  readonly steps: readonly string[]
}
/** The job has been run before; `done` counts the steps that it had finished. */
export interface PipelineResumed extends EventBase {
  readonly event: 'pipeline_resumed'
  readonly pipeline: string
  readonly done: number
}
export interface PipelineWarning extends EventBase {
  readonly event: 'pipeline_warning'
  readonly message: string
}
/** How far the run is, told while steps execute. Times are judged by how long the stages took before. */
export interface PipelineProgress extends EventBase {
  readonly event: 'pipeline_progress'
  readonly steps_done: number
  readonly steps_left: number
  /** About how long the steps that are left take, as far as their stages have a history; absent where none has. */
  readonly left_ms?: number
  /** How many of those left have no history. */
  readonly steps_unknown: number
  /** The steps that execute now, with about how long each still takes where that is known. */
  readonly running: readonly { readonly stage: string; readonly left_ms?: number }[]
}
interface PipelineEnded extends EventBase {
  readonly pipeline: string
  readonly duration_ms: number
  readonly executed: number
  readonly cached: number
  readonly skipped: number
  /** What the hits would have cost to compute. */
  readonly saved_ms: number
}
export interface PipelineCompleted extends PipelineEnded {
  readonly event: 'pipeline_completed'
}
export interface PipelineFailed extends PipelineEnded {
  readonly event: 'pipeline_failed'
  readonly failed: readonly string[]
  readonly message: string
}
export interface PipelineCancelled extends PipelineEnded {
  readonly event: 'pipeline_cancelled'
}
/** The step has no result in the store, for these reasons; it will be executed. */
export interface StageCacheMiss extends StepEventBase {
  readonly event: 'stage_cache_miss'
  readonly key: string
  readonly reasons: readonly Reason[]
}
export interface StageRunning extends StepEventBase {
  readonly event: 'stage_running'
  readonly key: string
  readonly device: string
  readonly attempt: number
  /** The number of the fresh result that was asked for; absent for the first. */
  readonly take?: number
}
export interface StageProgress extends StepEventBase {
  readonly event: 'stage_progress'
  /** From 0 to 1. */
  readonly fraction: number
  readonly note?: string
}
export interface StageLog extends StepEventBase {
  readonly event: 'stage_log'
  readonly level: 'info' | 'warn'
  readonly line: string
}
/** The step failed, and will be executed again: when, why, and with what where that is something else than before. */
export interface StageRetrying extends StepEventBase {
  readonly event: 'stage_retrying'
  /** The number of the attempt that will be made. */
  readonly attempt: number
  readonly delay_ms: number
  /** ISO 8601. */
  readonly retry_at: string
  readonly failure: Failure
  readonly message: string
  /** Set where less memory is to be used: all params, and the device, of the attempt that will be made. */
  readonly params?: Readonly<Record<string, unknown>>
  readonly device?: string
}
/**
 * The step was not executed: its result was there, its condition does not hold, what it needs has no result
 * (`upstream`), or nothing is started any more after the failure of another step (`failure`).
 */
export interface StageSkipped extends StepEventBase {
  readonly event: 'stage_skipped'
  readonly because: 'cached' | 'condition' | 'upstream' | 'failure'
  readonly key?: string
  readonly saved_ms?: number
  /** The device that made the result, if it is not the run's. */
  readonly device?: string
  /** The step upstream, where that is the reason. */
  readonly upstream?: string
  /** The step that failed, where that is the reason. */
  readonly failed?: string
}
export interface StageCompleted extends StepEventBase {
  readonly event: 'stage_completed'
  readonly key: string
  /** As in `stage_running`. */
  readonly take?: number
  readonly duration_ms: number
  /** The most that the processes of the step had resident at once. */
  readonly peak_rss_bytes?: number
  /** User and system time of all processes of the step. */
  readonly cpu_time_ms?: number
  /** Whether the result is in the store. */
  readonly recorded: boolean
}
export interface StageFailed extends StepEventBase {
  readonly event: 'stage_failed'
  readonly failure: Failure
  readonly message: string
}
export interface StageCancelled extends StepEventBase {
  readonly event: 'stage_cancelled'
}
/** The step was executed in lint mode, and did what a stage must not do. */
export interface StageLint extends StepEventBase {
  readonly event: 'stage_lint'
  readonly finding: 'input-changed' | 'output-changed' | 'wrote-outside' | 'process-left'
  /** Paths, relative to the job directory where they are in it, or processes. */
  readonly what: readonly string[]
}
/** The step was executed twice, to compare; one whose results differ, and may not, has failed instead. */
export interface StageCompared extends StepEventBase {
  readonly event: 'stage_compared'
  readonly differences: readonly Difference[]
}
export interface ArtifactStored extends StepEventBase {
  readonly event: 'artifact_stored'
  readonly output: string
  readonly digest: string
  readonly size_bytes: number
}
export interface ArtifactMaterialized extends StepEventBase {
  readonly event: 'artifact_materialized'
  readonly output: string
  readonly digest: string
  /** Inside the job directory. */
  readonly path: string
  readonly how: 'reflink' | 'copy' | 'hardlink' | 'inline'
}
/** The store occupied more than it may, and results that were long unused went; they are computed again when needed. */
export interface StoreCollected extends EventBase {
  readonly event: 'store_collected'
  readonly max_size_bytes: number
  /** Before anything went. */
  readonly size_bytes: number
  readonly freed_bytes: number
  /** How many results went. */
  readonly results: number
  /** The first of them. */
  readonly removed: readonly {
    readonly pipeline: string
    readonly step: string
    readonly job: string
    readonly files: readonly string[]
  }[]
  /** Too much is left: runs need it, or the time for this was over. */
  readonly still_over: boolean
}

/** Everything that happens in a run; one JSON object a line in `events.jsonl` and under `--json`. */
export type Event =
  | PipelineStarted
  | PipelineResumed
  | PipelineWarning
  | PipelineProgress
  | PipelineCompleted
  | PipelineFailed
  | PipelineCancelled
  | StageCacheMiss
  | StageRunning
  | StageProgress
  | StageLog
  | StageRetrying
  | StageSkipped
  | StageCompleted
  | StageFailed
  | StageCancelled
  | StageLint
  | StageCompared
  | ArtifactStored
  | ArtifactMaterialized
  | StoreCollected

export type EventType = Event['event']
export type EventOf<Type extends EventType> = Extract<Event, { readonly event: Type }>

/** A listener; it may be asynchronous. What it throws never harms the run. */
export type Listener<E extends Event = Event> = (event: E) => void | Promise<void>

/** An event as the one who emits it writes it: time, run and job are added for it. */
export type EventBody = Event extends infer E ? (E extends Event ? Omit<E, 'ts' | 'run' | 'job'> : never) : never
