import type { Reason } from '../failure/explanation.ts'

/** What is known of one step of a job. */
export interface StepStatus {
  readonly step: string
  readonly state: 'done' | 'running' | 'failed' | 'skipped' | 'interrupted' | 'not-yet'
  /** How it was done last. */
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
  /** How far it is, from 0 to 1, for one that is running and says so. */
  readonly fraction?: number
  readonly finishedAt?: string
  /** About how long it will still take, judged by how long its stage took before; absent when that is not known. */
  readonly leftMs?: number
}

/** What is left to do in a job. A step whose result is in the store takes next to nothing, which is not known here. */
export interface WorkLeft {
  readonly steps: number
  /** About how long the steps with a history will take, those that can be side by side. */
  readonly durationMs: number
  /** The steps of which nothing is known, because their stage has no history; where there are any, it takes longer. */
  readonly unknown: readonly string[]
}

/** What is known of a job. */
export interface JobStatus {
  readonly jobDir: string
  readonly pipeline: string
  readonly inputs: Readonly<Record<string, string>>
  readonly params: Readonly<Record<string, unknown>>
  readonly device: string
  readonly createdAt: string
  readonly runs: number
  readonly state: 'running' | 'completed' | 'failed' | 'cancelled' | 'interrupted' | 'never-run'
  readonly steps: readonly StepStatus[]
  /** Absent where the pipeline or the store is not at hand. */
  readonly left?: WorkLeft
  /** What was broken in the job's own files and how it was recovered from. */
  readonly recovered: readonly string[]
}
