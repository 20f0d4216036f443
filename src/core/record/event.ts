import type { Difference } from '../failure/difference.ts'
import type { Reason } from '../failure/explanation.ts'
import type { Failure } from '../failure/failure.ts'
import type { CorrectionsMerged, CorrectionsTaken } from './corrections-event.ts'
import type { EventBase, StepEventBase } from './event-base.ts'

export interface PipelineStarted extends EventBase {
  readonly event: 'pipeline_started'
  readonly pipeline: string
  readonly device: string
  /**
   * Ids of the steps of the run, in the pipeline's order: the selected ones, and all that they need.
   */
  readonly steps: readonly string[]
  /** By the name of each step of the run, the names of those whose results it needs. Absent in logs of earlier releases. */
  readonly needs?: Readonly<Record<string, readonly string[]>>
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
  /** What a person had changed in the directory of a step, and the directory in the job where it is kept. */
  readonly kept?: { readonly stage: string; readonly directory: string; readonly files: readonly string[] }
}
/** The progress of the run, while steps execute. Times are estimates from past durations of the stages. */
export interface PipelineProgress extends EventBase {
  readonly event: 'pipeline_progress'
  readonly steps_done: number
  readonly steps_left: number
  /** The estimated time of the remaining steps whose stages have a history; absent if none has. */
  readonly left_ms?: number
  /** How many remaining steps have no history. */
  readonly steps_unknown: number
  /** The steps that execute now, with the estimated time left of each if known. */
  readonly running: readonly { readonly stage: string; readonly left_ms?: number }[]
}
interface PipelineEnded extends EventBase {
  readonly pipeline: string
  readonly duration_ms: number
  readonly executed: number
  readonly cached: number
  readonly skipped: number
  /** What it would have cost to compute the hits. */
  readonly saved_ms: number
  /**
   * Those that are there, by the names that the pipeline gives them; a list for what a fan-out gathers. Absent in logs of
   * earlier releases.
   */
  readonly outputs?: Readonly<Record<string, CompletedOutput | readonly CompletedOutput[]>>
  /** How many of a long list are left out. */
  readonly outputs_left_out?: Readonly<Record<string, number>>
}
/** An output of a pipeline; its path is inside the job directory. */
export interface CompletedOutput {
  readonly kind: 'file' | 'tree' | 'json'
  readonly path: string
  readonly digest: string
}
export interface PipelineCompleted extends PipelineEnded {
  readonly event: 'pipeline_completed'
  /** Absent without corrections. */
  readonly corrections?: CorrectionsMerged
  /** Ids of the steps that failed, if a step gathered what the others made. */
  readonly failed?: readonly string[]
}
export interface PipelineFailed extends PipelineEnded {
  readonly event: 'pipeline_failed'
  readonly failed: readonly string[]
  readonly message: string
}
export interface PipelineCancelled extends PipelineEnded {
  readonly event: 'pipeline_cancelled'
  /** Why, where whoever cancelled the run says so. */
  readonly reason?: string
}
/** A cache miss, for these reasons: the step will be executed. */
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
  /** The number of the requested fresh result; absent for the first. */
  readonly take?: number
}
/** The step waits for a worker of its pool, on whichever machine. */
export interface StageQueued extends StepEventBase {
  readonly event: 'stage_queued'
  readonly pool: string
  /** How many orders of the pool come before it, where the engine tells. */
  readonly ahead?: number
}
/** A worker has begun to execute the step. */
export interface StagePlaced extends StepEventBase {
  readonly event: 'stage_placed'
  readonly worker: string
}
/** The worker that executed the step ended or fell silent; another one executes it, which is no other attempt. */
export interface StageLost extends StepEventBase {
  readonly event: 'stage_lost'
  readonly worker: string
  /** How long nothing was heard of it. */
  readonly after_ms: number
  /** How many workers the step has lost in this attempt. */
  readonly count: number
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
/** The step failed and will be executed again: when, why, and with which params and device if they change. */
export interface StageRetrying extends StepEventBase {
  readonly event: 'stage_retrying'
  /** The number of the attempt that will be made. */
  readonly attempt: number
  readonly delay_ms: number
  /** ISO 8601. */
  readonly retry_at: string
  readonly failure: Failure
  readonly message: string
  /** Set to use less memory: all params and the device of the next attempt. */
  readonly params?: Readonly<Record<string, unknown>>
  readonly device?: string
}
/**
 * The step was not executed: a cache hit, a condition that does not hold, a step that it needs has no result
 * (`upstream`), or nothing starts any more after the failure of another step (`failure`).
 */
export interface StageSkipped extends StepEventBase {
  readonly event: 'stage_skipped'
  readonly because: 'cached' | 'condition' | 'upstream' | 'failure'
  readonly key?: string
  readonly saved_ms?: number
  /** The device that made the result, if it is not the run's. */
  readonly device?: string
  /** The remote that the result was fetched from just now, with the scope there, how much that was, and how long it took. */
  readonly remote?: string
  readonly scope?: string
  readonly fetched_bytes?: number
  readonly fetch_ms?: number
  /** The step upstream, if that is the reason. */
  readonly upstream?: string
  /** The step that failed, if that is the reason. */
  readonly failed?: string
}
export interface StageCompleted extends StepEventBase {
  readonly event: 'stage_completed'
  readonly key: string
  /** As in `stage_running`. */
  readonly take?: number
  readonly duration_ms: number
  /** The peak resident memory of the step's processes. */
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
/** In lint mode, the step did something that a stage must not do. */
export interface StageLint extends StepEventBase {
  readonly event: 'stage_lint'
  readonly finding: 'input-changed' | 'output-changed' | 'wrote-outside' | 'process-left'
  /** Paths, relative to the job directory if inside it, or processes. */
  readonly what: readonly string[]
}
/** The step was executed twice to compare. If the results differ and must not, the step failed instead. */
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
/**
 * The store was larger than its limit, so the least recently used results were removed; they are computed again when
 * needed.
 */
export interface StoreCollected extends EventBase {
  readonly event: 'store_collected'
  readonly max_size_bytes: number
  /** The size before. */
  readonly size_bytes: number
  readonly freed_bytes: number
  /** How many results were removed. */
  readonly results: number
  /** The first of the removed results. */
  readonly removed: readonly {
    readonly pipeline: string
    readonly step: string
    readonly job: string
    readonly files: readonly string[]
  }[]
  /** The store is still too large: runs need the rest, or the time was over. */
  readonly still_over: boolean
}

/** Results of this run and of earlier ones were sent to the remote. */
export interface ResultsSent extends EventBase {
  readonly event: 'results_sent'
  readonly remote: string
  readonly results: number
  readonly bytes: number
  /** How many are still to be sent: the next run sends them. */
  readonly left: number
}

/** Everything that happens in a run: one JSON object a line in `events.jsonl` and with `--json`. */
export type Event =
  | PipelineStarted
  | PipelineResumed
  | PipelineWarning
  | CorrectionsTaken
  | PipelineProgress
  | PipelineCompleted
  | PipelineFailed
  | PipelineCancelled
  | StageCacheMiss
  | StageRunning
  | StageQueued
  | StagePlaced
  | StageLost
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
  | ResultsSent

export type EventType = Event['event']
export type EventOf<Type extends EventType> = Extract<Event, { readonly event: Type }>

/** A listener; it may be asynchronous. An exception in it never harms the run. */
export type Listener<E extends Event = Event> = (event: E) => void | Promise<void>

/** An event before its time, run and job are added. */
export type EventBody = Event extends infer E ? (E extends Event ? Omit<E, 'ts' | 'run' | 'job'> : never) : never
