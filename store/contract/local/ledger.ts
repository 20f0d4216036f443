import type { ActionKey, ActionResult } from '../action-cache.ts'
import type { JsonObject, JsonValue } from '../json.ts'
import type { FileDigests } from './file-digests.ts'

/** A step's last action: what an explanation compares with. It outlives the action's own record. */
export interface StepMemory {
  readonly key: ActionKey
  readonly action: JsonObject
}

/** What the store knows of jobs: for each the pipeline and, step by step, the action last used. */
export interface JobMemory {
  /** Returns a step's last action in this job, or else the last one of the same pipeline and step in any job. */
  lastAction(
    job: string,
    pipeline: string,
    step: string,
  ): (StepMemory & { readonly from: 'job' | 'elsewhere' }) | undefined
  /** Records the actions that a run used. */
  remember(job: string, pipeline: string, steps: ReadonlyMap<string, StepMemory>): void
  /** Returns the steps of one job and the actions they last used. */
  steps(job: string): ReadonlyMap<string, StepMemory>
  /** Returns the keys of the actions that the steps of one job last used, as they were when it was last written down. */
  keys(job: string, pipeline: string): Readonly<Record<string, ActionKey>>
  /** Returns the names of the steps of one job; their actions are not read. */
  stepNames(job: string): readonly string[]
  /** Forgets jobs whose directories are gone; what their steps were last made of is remembered for the pipeline. */
  forget(jobs: readonly string[]): void
  /** Returns every job directory that used this store, with its pipeline. */
  list(): readonly { readonly job: string; readonly pipeline: string }[]
}

/** A step of a job as a run left it. */
export interface DoneStep {
  readonly key: ActionKey
  /** What its manifest says of the cache. */
  readonly cache: string
  /** The stamps of its files in the job directory, as numbers: of its manifest, and of the result's outputs in their order. */
  readonly stamps: readonly number[]
  /** What `DoneSteps.mark` was before the result was found in the store. */
  readonly mark: string | undefined
  /** Absent where the outputs' stamps are not among those: they are to be looked at one by one. */
  readonly result?: ActionResult
}

/** What is known of the steps of one job. */
export interface StepsOfJob {
  get(step: string): DoneStep | undefined
  /** Returns whether anything is known of a step, at less than what `get` costs. */
  has(step: string): boolean
}

/** The steps of jobs that are done: with them, a directory that is already right needs no look-up a step. */
export interface DoneSteps {
  /** Returns what every removal of an action or a blob from the store changes; undefined as long as nothing was remembered. */
  mark(): string | undefined
  /** Returns what is known of a job's steps. It is read once, when it is asked for: whoever has the job's lease asks. */
  of(job: string): StepsOfJob
  /** Returns whether a step's result is in the store: nothing was removed from there since it was found. */
  hasResult(step: DoneStep): boolean
  /** Records steps of a job, in place of what was known of them; of one without a value, nothing is known any more. */
  remember(job: string, steps: ReadonlyMap<string, DoneStep | undefined>): void
}

/** Past durations of a stage on a device, the newest last, for estimates. */
export interface Durations {
  record(stage: string, device: string, sample: DurationSample): void
  recent(stage: string, device: string): readonly DurationSample[]
}

export interface DurationSample {
  readonly durationMs: number
  readonly inputBytes: number
}

/** Small facts that are dear to find and cheap to check, such as a tool's version by its binary's stat. */
export interface Memos {
  get(name: string): JsonValue | undefined
  set(name: string, value: JsonValue): void
}

/** What the look-ups of one day came to. */
export interface DayStats {
  /** `2026-01-31`, in UTC. */
  readonly day: string
  readonly hits: number
  readonly misses: number
  /** What the hits took when they were computed. */
  readonly savedMs: number
}

/** The look-ups of a store, day by day. */
export interface Days {
  /** Returns those of the last days with any, the newest last. */
  recent(): readonly DayStats[]
}

/**
 * What the runs on this machine remember. No cache that is elsewhere has any of it, and whoever loses it loses time and
 * explanations, never a result. What is added may be lost until `LocalStore.flush` writes it down.
 */
export interface Ledger {
  readonly fileDigests: FileDigests
  readonly jobs: JobMemory
  readonly done: DoneSteps
  readonly durations: Durations
  readonly memos: Memos
  readonly days: Days
}
