/** Remembers the first step that failed, unless the run keeps going: after it no other step is started. */
export class FailFast {
  readonly #keepGoing: boolean
  #step: string | undefined

  constructor(keepGoing: boolean) {
    this.#keepGoing = keepGoing
  }

  /** The step after whose failure nothing is started any more. */
  get step(): string | undefined {
    return this.#step
  }

  /** Notes that a step failed. */
  note(step: string): void {
    if (!this.#keepGoing) this.#step ??= step
  }
}
