import type { Timing } from './timing.ts'

/** A signal that is aborted with another one, or after some time; `isOver` tells which came first. */
export class Deadline {
  readonly #controller = new AbortController()
  readonly #parent: AbortSignal
  readonly #follow: () => void
  readonly #cancelTimer: () => void
  #isOver = false

  constructor(parent: AbortSignal, afterMs: number, timing: Timing) {
    this.#parent = parent
    this.#follow = () => this.#controller.abort(parent.reason)
    if (parent.aborted) this.#follow()
    parent.addEventListener('abort', this.#follow, { once: true })
    this.#cancelTimer = timing.after(afterMs, () => {
      if (this.signal.aborted) return
      this.#isOver = true
      this.#controller.abort(new Error(`not done after ${afterMs / 1000}s`))
    })
  }

  get signal(): AbortSignal {
    return this.#controller.signal
  }

  /** Whether the time was over before the other signal was aborted. */
  get isOver(): boolean {
    return this.#isOver
  }

  /** Stops the timer. Called when the work is done in time. */
  release(): void {
    this.#cancelTimer()
    this.#parent.removeEventListener('abort', this.#follow)
  }
}
