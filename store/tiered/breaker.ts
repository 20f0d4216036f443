/** How long a remote that failed is left alone. */
const restMs = 60_000
/** So many failures in a row, of a remote that had answered before, are taken for its absence. */
const failuresMax = 3

/** Says whether a remote is worth asking: one that does not answer is left alone for a while, and then tried once. */
export class Breaker {
  readonly #now: () => number
  #failures = 0
  #hasAnswered = false
  #offUntil = Number.NEGATIVE_INFINITY

  constructor(now: () => number = () => performance.now()) {
    this.#now = now
  }

  get isOff(): boolean {
    return this.#now() < this.#offUntil
  }

  answered(): void {
    this.#failures = 0
    this.#hasAnswered = true
  }

  /** One that never answered is off at once: every further try would cost as long again. */
  failed(): void {
    this.#failures += 1
    if (!this.#hasAnswered || this.#failures >= failuresMax) this.#offUntil = this.#now() + restMs
  }
}
