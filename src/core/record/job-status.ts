import type { Reason } from '../failure/explanation.ts'
import type { CorrectionsMerged } from './corrections-event.ts'

/** The state of one step of a job. */
export interface StepStatus {
  readonly step: string
  readonly state: 'done' | 'running' | 'failed' | 'skipped' | 'interrupted' | 'not-yet'
  /** How it last ended. */
  readonly cache?: 'hit' | 'miss' | 'off'
  readonly durationMs?: number
  readonly peakRssBytes?: number
  readonly cpuTimeMs?: number
  readonly attempts?: number
  /** Why it failed. */
  readonly message?: string
  /** Why it missed the last time. */
  readonly reasons?: readonly Reason[]
  readonly key?: string
  /** When it began, for one that is running; ISO 8601. */
  readonly startedAt?: string
  /** Where it is, if it is executed by a worker: `on gpu-box`, `queued in gpu, 3 before it`. */
  readonly place?: string
  /** The progress of a running step, from 0 to 1, if it reports it. */
  readonly fraction?: number
  readonly finishedAt?: string
  /** The estimated time left, from past durations of its stage; absent if unknown. */
  readonly leftMs?: number
}

/** What is left to do in a job. Hits take next to no time, but are not known here. */
export interface WorkLeft {
  readonly steps: number
  /** The estimated time of the steps with a history, run in parallel where they can. */
  readonly durationMs: number
  /** The steps without an estimate, because their stage has no history; they take more time. */
  readonly unknown: readonly string[]
}

/** The state of a job. */
export interface JobStatus {
  readonly jobDir: string
  readonly pipeline: string
  readonly inputs: Readonly<Record<string, string | readonly string[]>>
  readonly params: Readonly<Record<string, unknown>>
  readonly device: string
  readonly createdAt: string
  readonly runs: number
  readonly state: 'running' | 'completed' | 'failed' | 'cancelled' | 'interrupted' | 'never-run'
  readonly steps: readonly StepStatus[]
  /** Absent without the pipeline or the store. */
  readonly left?: WorkLeft
  /** What was broken in the job's own files, and how it was repaired. */
  readonly recovered: readonly string[]
  /** What became of corrections in the last run that was completed; absent without any. */
  readonly corrections?: CorrectionsMerged
  /** What a person changed in the directories of steps, and runs kept aside; paths are inside the directory. */
  readonly edited: readonly { readonly directory: string; readonly files: readonly string[] }[]
}
