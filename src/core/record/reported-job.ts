import type { JobStatus, StepStatus } from './job-status.ts'

/** A step as a report tells it. */
export interface ReportedStep extends StepStatus {
  /** When its last execution in the last run began and ended, in milliseconds after the run began. */
  readonly ranMs?: { readonly start: number; readonly end: number }
  /** Whether the last run would have been shorter, had it been: it or a step that waited for it ended last. */
  readonly isCritical?: boolean
  /** What a hit saved, in milliseconds. */
  readonly savedMs?: number
  /** The remote that its hit was fetched from in the last run. */
  readonly remote?: string
  /** Inside the job directory. */
  readonly directory?: string
  readonly device?: string
  /** Names and versions of the programs that it used. */
  readonly tools: readonly string[]
  readonly params: Readonly<Record<string, unknown>>
  /** The last lines of its log, for one that failed. */
  readonly logTail?: readonly string[]
}

/** A file of an output, as much of it as a page shows. */
export interface ReportedFile {
  /** Inside the job directory. */
  readonly path: string
  readonly sizeBytes: number
  /** Short texts and pictures are in the report itself. */
  readonly content?: { readonly text: string } | { readonly dataUri: string }
  /** Of a film or sound whose loudness was measured: from 0 to 255, in pieces of equal length. */
  readonly wave?: { readonly seconds: number; readonly values: readonly number[] }
}

export interface ReportedOutput {
  readonly name: string
  readonly files: readonly ReportedFile[]
  /** How many more files there are. */
  readonly more: number
}

/** What a report says of a job: its state, its last run, and what it made. */
export interface ReportedJob extends Omit<JobStatus, 'steps' | 'jobDir'> {
  /** The name of the job directory. */
  readonly job: string
  readonly steps: readonly ReportedStep[]
  readonly run?: {
    readonly startedAt: string
    readonly durationMs: number
    readonly executed: number
    readonly cached: number
    readonly skipped: number
    readonly savedMs: number
  }
  readonly warnings: readonly string[]
  /** By the names of the pipeline; none where no run has completed. */
  readonly outputs: readonly ReportedOutput[]
}
