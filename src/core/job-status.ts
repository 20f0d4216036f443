import type { Reason } from './explanation.ts'

/** What is known of one step of a job. */
export interface StepStatus {
  readonly step: string
  readonly state: 'done' | 'running' | 'failed' | 'skipped' | 'interrupted' | 'not-yet'
  /** How it was done last. */
  readonly cache?: 'hit' | 'miss' | 'off'
  readonly durationMs?: number
  readonly peakRssBytes?: number
  readonly attempts?: number
  /** Why it failed. */
  readonly message?: string
  /** Why it missed the last time. */
  readonly reasons?: readonly Reason[]
  readonly key?: string
  readonly finishedAt?: string
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
  /** What was broken in the job's own files and how it was recovered from. */
  readonly recovered: readonly string[]
}
