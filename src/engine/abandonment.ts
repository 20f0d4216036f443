/** The end of waiting for a stage that does not heed its signal, so that it cannot hold the run. */
export class Abandonment {
  /** Resolves some time after the signal is aborted. */
  readonly afterGrace: Promise<undefined>
  readonly #signal: AbortSignal
  #listener: () => void = () => {}
  #timer: NodeJS.Timeout | undefined
  #isSettled = false
  #settled: AbortController | undefined

  constructor(signal: AbortSignal, graceMs: number) {
    this.#signal = signal
    this.afterGrace = new Promise((resolve) => {
      this.#listener = () => {
        this.#timer = setTimeout(() => resolve(undefined), graceMs)
      }
      if (signal.aborted) this.#listener()
      else signal.addEventListener('abort', this.#listener, { once: true })
    })
  }

  /** Aborted when the stage has come to its end, or is waited for no longer; made when it is asked for, as few do. */
  get settled(): AbortSignal {
    this.#settled ??= new AbortController()
    if (this.#isSettled) this.#settled.abort()
    return this.#settled.signal
  }

  /** Waits no longer, and leaves nothing behind on the signal, which is that of the whole run. */
  release(): void {
    this.#isSettled = true
    this.#settled?.abort()
    clearTimeout(this.#timer)
    this.#signal.removeEventListener('abort', this.#listener)
  }
}
