import type { EventBase } from './event-base.ts'

/** What a person changed in the directory of a step was taken into the file of corrections, which is an input of the run. */
export interface CorrectionsTaken extends EventBase {
  readonly event: 'corrections_taken'
  /** The step whose outputs were changed. */
  readonly from: string
  /** Below the step's directory. */
  readonly files: readonly string[]
  /** The file of corrections; inside the job directory, or absolute. */
  readonly path: string
  /** How many corrections are new, other than before, or taken back. */
  readonly changed: number
}
/** What became of the corrections that people made by hand; `listing` is a file in the job directory. */
export interface CorrectionsMerged {
  readonly applied: number
  readonly conflicts: number
  readonly listing?: string
}
