import { availableParallelism } from 'node:os'

/** Lets steps that no worker takes run here, as many at once as there are cores. */
export class LocalTurns {
  #free = availableParallelism()
  readonly #waiting: (() => void)[] = []

  async run<Value>(work: () => Promise<Value>): Promise<Value> {
    while (this.#free === 0) await new Promise<void>((resolve) => this.#waiting.push(resolve))
    this.#free -= 1
    try {
      return await work()
    } finally {
      this.#free += 1
      this.#waiting.shift()?.()
    }
  }
}
