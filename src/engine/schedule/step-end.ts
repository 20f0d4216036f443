import type { Outcome } from '../../core/index.ts'
import type { Available } from '../execute/inputs.ts'

/** A step's outcome, and where its outputs lie when it has some. */
export interface StepEnd {
  readonly outcome: Outcome
  readonly outputs: Readonly<Record<string, Available>>
}
