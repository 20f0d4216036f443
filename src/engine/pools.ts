import { availableParallelism } from 'node:os'
import PQueue from 'p-queue'

/** Named concurrency limits: `cpu` as many as there are cores, `gpu` one, `io` eight; all together at most `concurrency`. */
export class Pools {
  readonly #total: PQueue
  readonly #pools = new Map<string, PQueue>()
  readonly #limits: Readonly<Record<string, number>>

  constructor(concurrency: number = availableParallelism()) {
    this.#total = new PQueue({ concurrency })
    this.#limits = { cpu: concurrency, gpu: 1, io: 8 }
  }

  /** Runs `work` when its pool and the total have room. */
  async run<Value>(pool: string, work: () => Promise<Value>): Promise<Value> {
    return this.#pool(pool).add(() => this.#total.add(work))
  }

  #pool(name: string): PQueue {
    const known = this.#pools.get(name)
    if (known !== undefined) return known
    const pool = new PQueue({ concurrency: this.#limits[name] ?? this.#limits.cpu ?? 1 })
    this.#pools.set(name, pool)
    return pool
  }
}
