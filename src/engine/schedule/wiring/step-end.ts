import type { Failure, Outcome } from '../../../core/index.ts'
import type { Available } from '../../execute/inputs.ts'

/** A step's outcome, and where its outputs lie when it has some. */
export interface StepEnd {
  readonly outcome: Outcome
  readonly outputs: Readonly<Record<string, Available>>
}

/** Thrown where a step cannot be run, because what it needs has not been made. */
export class Unavailable {
  readonly outcome: Outcome

  constructor(outcome: Outcome) {
    this.outcome = outcome
  }
}

/** Thrown where a step cannot be run, because what it needs is there and of no use. */
export class Unusable {
  readonly failureOf: (step: string) => Failure

  constructor(failureOf: (step: string) => Failure) {
    this.failureOf = failureOf
  }
}
