import { answerTo, type Failure, type Step } from '../../core/index.ts'

/**
 * Remembers the first step after whose failure no other step is started. That is the first one that fails, unless the
 * run keeps going, or the step's policy says what follows.
 */
export class FailFast {
  readonly #keepGoing: boolean
  readonly #controller = new AbortController()
  #step: string | undefined

  constructor(keepGoing: boolean) {
    this.#keepGoing = keepGoing
  }

  /** The step after whose failure nothing is started any more. */
  get step(): string | undefined {
    return this.#step
  }

  /** Aborted when nothing is started any more. */
  get signal(): AbortSignal {
    return this.#controller.signal
  }

  /** Notes that a step failed. */
  note(step: Pick<Step, 'id' | 'policy'>, failure: Failure): void {
    const answer = answerTo(failure, step.policy)
    if (answer === 'continue' || (this.#keepGoing && answer !== 'abort')) return
    this.#step ??= step.id
    this.#controller.abort()
  }
}
