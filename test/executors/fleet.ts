import { setImmediate as turn } from 'node:timers/promises'
import type { Engine } from '../../src/executors/contract/engine.ts'
import type { Order, OrderEnd } from '../../src/executors/contract/order.ts'
import type { CacheStore } from '../../store/index.ts'

export interface FleetOptions {
  readonly workers: number
  readonly cache: CacheStore
  /** Returns the next random number from 0 to 1. */
  readonly random: () => number
  /** How likely a worker is lost while it has an order. */
  readonly loss: number
  /** Whether an order ends whatever executes it. */
  readonly isPoison: (order: Order) => boolean
}

/** How long nobody knows that a worker is lost. */
const silentMs = 30_000
/** How long it takes until there is another one. */
const replacedMs = 60_000

/** A queue whose smallest comes first. */
class Heap<Item> {
  readonly #items: { readonly at: number; readonly item: Item }[] = []

  get size(): number {
    return this.#items.length
  }

  push(at: number, item: Item): void {
    const items = this.#items
    let index = items.length
    items.push({ at, item })
    while (index > 0) {
      const parent = (index - 1) >> 1
      if ((items[parent]?.at ?? 0) <= at) break
      this.#swap(index, parent)
      index = parent
    }
  }

  pop(): { readonly at: number; readonly item: Item } | undefined {
    const items = this.#items
    const top = items[0]
    const last = items.pop()
    if (top === undefined || last === undefined || items.length === 0) return top
    items[0] = last
    for (let index = 0; ; ) {
      const children = [2 * index + 1, 2 * index + 2].filter((child) => child < items.length)
      const child = children.sort((one, two) => (items[one]?.at ?? 0) - (items[two]?.at ?? 0))[0]
      if (child === undefined || (items[child]?.at ?? 0) >= last.at) return top
      this.#swap(index, child)
      index = child
    }
  }

  #swap(one: number, two: number): void {
    const [a, b] = [this.#items[one], this.#items[two]]
    if (a === undefined || b === undefined) return
    this.#items[one] = b
    this.#items[two] = a
  }
}

/** Many workers in a time of their own, which passes as fast as their orders are worked off. */
export class Fleet implements Engine {
  readonly name = 'a fleet'
  readonly #options: FleetOptions
  readonly #events = new Heap<() => void | Promise<void>>()
  readonly #waiting = new Heap<{ readonly order: Order; readonly resolve: (end: OrderEnd) => void }>()
  readonly #having = new Set<string>()
  #idle: number
  now = 0
  executions = 0
  losses = 0
  /** What workers have worked, that of lost ones included. */
  workedMs = 0
  mostWaiting = 0

  constructor(options: FleetOptions) {
    this.#options = options
    this.#idle = options.workers
  }

  async offers() {
    return []
  }

  async cancel() {
    return []
  }

  async close(): Promise<void> {}

  perform(order: Order): Promise<OrderEnd> {
    return new Promise((resolve) => {
      this.#waiting.push(-order.priority, { order, resolve })
      this.mostWaiting = Math.max(this.mostWaiting, this.#waiting.size)
    })
  }

  /** Lets time pass until nothing happens any more. */
  async pass(): Promise<void> {
    for (;;) {
      // Runs give orders and take answers in between.
      await turn()
      while (this.#idle > 0) {
        const next = this.#waiting.pop()?.item
        if (next === undefined) break
        this.#take(next.order, next.resolve)
      }
      const event = this.#events.pop()
      if (event === undefined) return
      this.now = event.at
      await event.item()
    }
  }

  #take(order: Order, resolve: (end: OrderEnd) => void): void {
    const { random, loss, isPoison, cache } = this.#options
    if (this.#having.has(order.id)) throw new Error(`two workers have ${order.id}`)
    this.#having.add(order.id)
    this.#idle -= 1
    const worker = `worker-${Math.floor(random() * 1e9)}`
    const isLost = isPoison(order) || random() < loss
    const durationMs = Math.round(-Math.log(1 - random()) * 20_000)
    // One that is lost may have published its result, and not said so.
    const isPublished = !isPoison(order) && (!isLost || random() < 0.2)
    const workedMs = isLost && !isPublished ? durationMs * random() : durationMs
    this.executions += 1
    this.workedMs += workedMs
    this.#events.push(this.now + workedMs, async () => {
      if (isPublished) await publish(cache, order)
      if (!isLost) {
        this.#idle += 1
        this.#having.delete(order.id)
        const end = { kind: 'executed', outputs: {}, cost: { durationMs }, ran: { device: 'cpu', tools: {} } } as const
        resolve({ kind: 'answered', worker, answer: { kind: 'ended', how: 'executed', end } })
        return
      }
      this.losses += 1
      this.#events.push(this.now + silentMs, () => {
        this.#having.delete(order.id)
        resolve({ kind: 'lost', worker, afterMs: silentMs })
      })
      this.#events.push(this.now + replacedMs, () => {
        this.#idle += 1
      })
    })
  }
}

async function publish(cache: CacheStore, { request, pipeline }: Order): Promise<void> {
  const recorded = await cache.record({
    key: request.key,
    action: request.action,
    result: { outputs: {}, durationMs: 1, device: 'cpu', tools: {}, producedAt: new Date(0).toISOString() },
    labels: { pipeline, step: request.step, job: 'a fleet', files: {} },
  })
  if (!recorded.ok) throw new Error(recorded.error.kind)
}
