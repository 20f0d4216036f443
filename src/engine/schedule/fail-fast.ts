import { answerTo, type Failure, type Step } from '../../core/index.ts'

/**
 * Remembers the first step whose failure stops the start of other steps: the first that fails, unless the
 * run keeps going, or the step's policy says what follows.
 */
export class FailFast {
  readonly #keepGoing: boolean
  readonly #controller = new AbortController()
  #step: string | undefined

  constructor(keepGoing: boolean) {
    this.#keepGoing = keepGoing
  }

  /** The step whose failure stopped the start of other steps. */
  get step(): string | undefined {
    return this.#step
  }

  /** Aborted when no more steps start. */
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
