import type { OnLine } from '../../process/process-output.ts'

/** Calls a stage's functions for the lines of one program; where one of them throws, the program is to end. */
export class LineCalls {
  readonly #stop = new AbortController()
  #error: { readonly thrown: unknown } | undefined

  /** Aborted when a function has thrown. */
  get failed(): AbortSignal {
    return this.#stop.signal
  }

  /** Returns a function that throws nothing, and is not called any more when another has thrown. */
  guard(onLine: OnLine): OnLine {
    return (...line) => {
      if (this.#error !== undefined) return
      try {
        onLine(...line)
      } catch (thrown) {
        this.#error = { thrown }
        this.#stop.abort()
      }
    }
  }

  /** Throws what a function has thrown. */
  throwIfFailed(): void {
    if (this.#error !== undefined) throw this.#error.thrown
  }
}
