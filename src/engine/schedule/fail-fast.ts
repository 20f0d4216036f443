import { answerTo, type Failure, type Graph, type Step, StepIndex, settledSteps } from '../../core/index.ts'

/**
 * Remembers the first step whose failure stops the start of other steps: the first that fails, unless the
 * run keeps going, or the step's policy says what follows.
 */
export class FailFast {
  readonly #keepGoing: boolean
  readonly #graph: Pick<Graph, 'steps' | 'eaches'>
  #settled: StepIndex<boolean> | undefined
  readonly #controller = new AbortController()
  #step: string | undefined

  constructor(keepGoing: boolean, graph: Pick<Graph, 'steps' | 'eaches'>) {
    this.#keepGoing = keepGoing
    this.#graph = graph
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
    if (answer !== 'abort' && this.isSettled(step.id)) return
    if (answer === 'continue' || (this.#keepGoing && answer !== 'abort')) return
    this.#step ??= step.id
    this.#controller.abort()
  }

  /** Returns whether the failure of a step is dealt with by what gathers it, and is not one of the run. */
  isSettled(step: string): boolean {
    if (this.#settled === undefined) {
      this.#settled = new StepIndex()
      const ids = settledSteps(this.#graph)
      for (const { id } of this.#graph.steps) this.#settled.add(id, ids.has(id))
    }
    return this.#settled.find(step) === true
  }
}
