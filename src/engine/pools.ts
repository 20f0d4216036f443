import { availableParallelism } from 'node:os'
import { Slots } from './slots.ts'

/** What a step needs in order to be executed. */
export interface PoolClaim {
  readonly pool: string
  /** Of that pool; capped to its size, so that nothing waits for ever. */
  readonly slots: number
  /** Of the claims that wait, the highest is let in first; of equal ones, the first that came. */
  readonly priority: number
}

export interface PoolsOptions {
  /** How many steps at once; as many as there are cores by default. */
  readonly concurrency?: number | undefined
  /** How many GPUs there are to give out. */
  readonly gpuCount: number
  /** What a request says, by pool. */
  readonly sizes?: Readonly<Record<string, number>> | undefined
}

/**
 * Named concurrency limits: `cpu` as many as there are cores, `gpu` one a GPU, `io` eight, and what a request declares;
 * all together at most `concurrency` steps.
 *
 * Slots are given out once a turn of the event loop, first to the step that comes first of all that are ready by then: a
 * step that ends makes others ready, and these compete for its slots with those that have waited.
 */
export class Pools {
  readonly #total: Slots
  readonly #sizes: Readonly<Record<string, number>>
  readonly #pools = new Map<string, Slots>()
  #arrived: { readonly priority: number; readonly enter: () => void }[] = []
  #ended: (() => void)[] = []
  #isTurnDue = false

  constructor({ concurrency = availableParallelism(), gpuCount, sizes }: PoolsOptions) {
    this.#total = new Slots(concurrency)
    this.#sizes = { cpu: concurrency, gpu: Math.max(1, gpuCount), io: 8, ...sizes }
  }

  /** Runs `work` when its pool and the total have room. */
  run<Value>({ pool: name, slots, priority }: PoolClaim, work: () => Promise<Value>): Promise<Value> {
    const pool = this.#pool(name)
    return new Promise((resolve, reject) => {
      const begin = (taken: number) => {
        const end = () => {
          pool.give(taken)
          this.#total.give(1)
        }
        void work()
          .then(resolve, reject)
          .finally(() => this.#atTurn(() => this.#ended.push(end)))
      }
      const enter = () => pool.take(slots, priority, (taken) => this.#total.take(1, priority, () => begin(taken)))
      this.#atTurn(() => this.#arrived.push({ priority, enter }))
    })
  }

  #pool(name: string): Slots {
    const pool = this.#pools.get(name) ?? new Slots(this.#sizes[name] ?? this.#total.size)
    this.#pools.set(name, pool)
    return pool
  }

  #atTurn(note: () => void): void {
    note()
    if (this.#isTurnDue) return
    this.#isTurnDue = true
    setImmediate(() => {
      this.#isTurnDue = false
      const [arrived, ended] = [this.#arrived, this.#ended]
      this.#arrived = []
      this.#ended = []
      // Those that came first stay first among equals, because the sort is stable.
      for (const { enter } of arrived.sort((a, b) => b.priority - a.priority)) enter()
      for (const release of ended) release()
    })
  }
}
