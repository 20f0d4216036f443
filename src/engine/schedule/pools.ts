import { availableParallelism } from 'node:os'
import type PQueue from 'p-queue'
import { stepsWithRoom } from '../process/room.ts'

/** What a step needs in order to be executed. */
export interface PoolClaim {
  readonly pool: string
  /** Slots of that pool, capped to its size, so that nothing waits for ever. */
  readonly slots: number
  /** The highest waiting claim goes first; among equal ones, the oldest. */
  readonly priority: number
}

export interface PoolsOptions {
  /** How many steps at once; by default the number of cores. */
  readonly concurrency?: number | undefined
  /** How many GPUs there are. */
  readonly gpuCount: number
  /** The sizes from the request, by pool. */
  readonly sizes?: Readonly<Record<string, number>> | undefined
  /** The pools whose steps other machines execute: they do not count among those that run at once here. */
  readonly poolsElsewhere?: readonly string[] | undefined
}

const totalName = 'total'
/** Higher than the priority of any step. */
const foremost = Number.POSITIVE_INFINITY

/**
 * Named concurrency limits: `cpu` as many as there are cores, `gpu` one a GPU, `io` eight, and what a request declares;
 * all together at most `concurrency` steps, and as many as there are file descriptors for.
 *
 * Slots are given out once a turn of the event loop, first to the step that comes first of all that are ready by then:
 * a
 * step that ends makes others ready, and these compete for its slots with those that have waited.
 */
export class Pools {
  readonly #concurrency: number
  readonly #sizes: Readonly<Record<string, number>>
  readonly #elsewhere: ReadonlySet<string>
  readonly #queues = new Map<string, PQueue>()
  #Queue: typeof PQueue | undefined
  #arrived: { readonly priority: number; readonly enter: () => void }[] = []
  #ended: (() => void)[] = []
  #isTurnDue = false

  constructor({ concurrency = availableParallelism(), gpuCount, sizes, poolsElsewhere = [] }: PoolsOptions) {
    this.#elsewhere = new Set(poolsElsewhere)
    this.#concurrency = concurrency
    this.#sizes = { cpu: concurrency, gpu: Math.max(1, gpuCount), io: 8, ...sizes }
  }

  /** Runs `work` when its pool and the total have room. */
  async run<Value>({ pool, slots, priority }: PoolClaim, work: () => Promise<Value>): Promise<Value> {
    this.#Queue ??= (await import('p-queue')).default
    const Queue = this.#Queue
    const size = this.#sizes[pool] ?? this.#concurrency
    const held = this.#queue(`pool ${pool}`, () => new Queue({ concurrency: size }))
    const total = this.#queue(totalName, () => new Queue({ concurrency: stepsWithRoom(this.#concurrency) }))
    return new Promise((resolve, reject) => {
      const enter = async () => {
        const releases = [await take(held, Math.min(slots, size), priority)]
        if (!this.#elsewhere.has(pool)) releases.push(await take(total, 1, priority))
        const release = () => {
          for (const one of releases) one()
        }
        await work()
          .then(resolve, reject)
          .finally(() => this.#atTurn(() => this.#ended.push(release)))
      }
      this.#atTurn(() => this.#arrived.push({ priority, enter: () => void enter() }))
    })
  }

  /** How many of the processors fall to one step now: all where nothing else is to be done, one where there is much. */
  get share(): number {
    let steps = 0
    for (const [name, queue] of this.#queues) steps += queue.size + (name === totalName ? queue.pending : 0)
    return Math.max(1, Math.floor(availableParallelism() / Math.max(1, Math.min(this.#concurrency, steps))))
  }

  #queue(name: string, make: () => PQueue): PQueue {
    const queue = this.#queues.get(name) ?? make()
    this.#queues.set(name, queue)
    return queue
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
      // The sort is stable: among equals, the oldest stays first.
      for (const { enter } of arrived.sort((a, b) => b.priority - a.priority)) enter()
      for (const release of ended) release()
    })
  }
}

/**
 * Takes slots of a queue, and returns a function that gives them back. A step that has its first slot gets those that
 * are free next: one of many slots is not passed for ever by steps of few, and no two steps hold a part of what they
 * need.
 */
async function take(queue: PQueue, slots: number, priority: number): Promise<() => void> {
  const releases: (() => void)[] = []
  const takeOne = (at: number, onTaken: () => void) =>
    void queue.add(
      () =>
        new Promise<void>((release) => {
          releases.push(release)
          onTaken()
        }),
      { priority: at },
    )
  await new Promise<void>((resolve) => {
    const onTaken = () => {
      if (releases.length === slots) resolve()
    }
    takeOne(priority, () => {
      for (let more = 1; more < slots; more++) takeOne(foremost, onTaken)
      onTaken()
    })
  })
  return () => {
    for (const release of releases) release()
  }
}
