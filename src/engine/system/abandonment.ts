import { type Cancellation, defaultKillGraceMs } from './cancellation.ts'

/** How long to wait for something that was told to end at once. */
const slackMs = 500

/** Stops waiting for something that ignores its signal, such as a stage, so that it cannot block the run. */
export class Abandonment {
  /** Resolves when the signal is aborted and the grace period is over; soon when it is killed at once. */
  readonly afterGrace: Promise<undefined>
  readonly #signal: AbortSignal | undefined
  readonly #killSignal: AbortSignal | undefined
  #resolve: () => void = () => {}
  #timer: NodeJS.Timeout | undefined
  #isSettled = false
  #settled: AbortController | undefined
  readonly #wait: () => void

  constructor({ signal, killSignal, killGraceMs = defaultKillGraceMs }: Cancellation) {
    this.#signal = signal
    this.#killSignal = killSignal
    this.afterGrace = new Promise((resolve) => {
      this.#resolve = () => resolve(undefined)
    })
    this.#wait = () => {
      if (signal?.aborted !== true) return
      clearTimeout(this.#timer)
      this.#timer = setTimeout(this.#resolve, slackMs + (killSignal?.aborted === true ? 0 : killGraceMs))
    }
    this.#wait()
    signal?.addEventListener('abort', this.#wait, { once: true })
    killSignal?.addEventListener('abort', this.#wait, { once: true })
  }

  /** Aborted when it has ended, or nobody waits for it any more. Created on demand. */
  get settled(): AbortSignal {
    this.#settled ??= new AbortController()
    if (this.#isSettled) this.#settled.abort()
    return this.#settled.signal
  }

  /** Stops waiting, and removes its listeners from the signals, which belong to the whole run. */
  release(): void {
    this.#isSettled = true
    this.#settled?.abort()
    clearTimeout(this.#timer)
    this.#signal?.removeEventListener('abort', this.#wait)
    this.#killSignal?.removeEventListener('abort', this.#wait)
  }
}

/**
 * Returns what a promise gives. Rejects with the signal's reason where it has not come to its end when the signal was
 * aborted and the grace is over.
 */
export async function orAbandoned<Value>(promise: Promise<Value>, cancellation: Cancellation): Promise<Value> {
  const abandoned = new Abandonment(cancellation)
  try {
    const late = abandoned.afterGrace.then(() => Promise.reject<never>(cancellation.signal?.reason))
    return await Promise.race([promise, late])
  } finally {
    abandoned.release()
  }
}
