import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { ProcessSupervisor } from '../../src/engine/process/process.ts'
import type { Engine, OrderEvent } from '../../src/executors/contract/engine.ts'
import { isAnswer, isOrder } from '../../src/executors/contract/messages.ts'
import type { Order, OrderAnswer, OrderEnd } from '../../src/executors/contract/order.ts'
import { OrderPerformer, type PerformerParts } from '../../src/executors/worker/order-performer.ts'
import { type CacheStore, openStore } from '../../store/index.ts'
import { numberOf } from './work.ts'

interface Worker {
  readonly name: string
  readonly performer: OrderPerformer
  close(): Promise<void>
}

/**
 * Workers in this process, each with a store of its own. By a number, some orders are lost before they are performed,
 * some after, some vanish and some are refused: each order so often at most that it is performed in the end.
 */
export class LossyEngine implements Engine {
  readonly name = 'lossy workers'
  readonly #workers: readonly Worker[]
  readonly #seed: number
  readonly #troubles = new Map<string, number>()
  #count = 0

  private constructor(workers: readonly Worker[], seed: number) {
    this.#workers = workers
    this.#seed = seed
  }

  static async open(
    dir: string,
    {
      cache,
      find,
      seed,
      workers = 2,
    }: Pick<PerformerParts, 'find'> & {
      readonly cache: CacheStore
      readonly seed: number
      readonly workers?: number
    },
  ): Promise<LossyEngine> {
    const opened: Worker[] = []
    for (let number = 1; number <= workers; number++) {
      const name = `worker-${number}`
      const store = await openStore({ dir: join(dir, name, 'store') })
      if (!store.ok) throw new Error(store.error.kind)
      const scratch = join(dir, name, 'scratch')
      mkdirSync(scratch, { recursive: true })
      const supervisor = new ProcessSupervisor(name)
      const performer = new OrderPerformer({
        store: store.value,
        cache,
        device: 'cpu',
        supervisor,
        scratch,
        find,
        warn: () => {},
      })
      opened.push({ name, performer, close: () => store.value.close() })
    }
    return new LossyEngine(opened, seed)
  }

  async offers(pool: string) {
    return this.#workers.map(({ name }) => ({
      v: 1,
      worker: name,
      host: 'here',
      pool,
      slots: 1,
      device: 'cpu' as const,
      reprise: '0',
      node: '0',
      platform: '0',
      tools: {},
      pipelines: [],
      since: '',
    }))
  }

  async perform(given: Order, onEvent: (event: OrderEvent) => void, signal: AbortSignal): Promise<OrderEnd> {
    const order: unknown = JSON.parse(JSON.stringify(given))
    if (!isOrder(order)) throw new Error(`not an order: ${JSON.stringify(given)}`)
    const willing = this.#workers.filter(({ name }) => !order.notFor.includes(name))
    const number = numberOf(`${order.id} ${this.#seed} ${this.#count++}`)
    const worker = willing[number % willing.length]
    if (worker === undefined) return { kind: 'unreachable', message: 'nobody is left' }
    const trouble = this.#troubleOf(order.id, number)
    if (trouble === 'lost-before') return { kind: 'lost', worker: worker.name, afterMs: 1 }
    if (trouble === 'refused' && willing.length > 1)
      return { kind: 'answered', worker: worker.name, answer: { kind: 'refused', differences: ['a whim'] } }
    onEvent({ kind: 'placed', worker: worker.name })
    const made = await worker.performer.perform(order, { gpus: [], onReport: onEvent, signal })
    if (trouble === 'lost-after') return { kind: 'lost', worker: worker.name, afterMs: 1 }
    if (trouble === 'gone') return { kind: 'gone' }
    const answer: unknown = JSON.parse(JSON.stringify(made))
    if (!isAnswer(answer)) throw new Error(`not an answer: ${JSON.stringify(made)}`)
    return { kind: 'answered', worker: worker.name, answer: crashedIf(trouble === 'crashed', answer) }
  }

  async cancel() {
    return []
  }

  async close(): Promise<void> {
    for (const worker of this.#workers) await worker.close()
  }

  #troubleOf(id: string, number: number) {
    const before = this.#troubles.get(id) ?? 0
    const troubles = ['lost-before', 'lost-after', 'gone', 'crashed', 'refused'] as const
    const trouble = before < 2 ? troubles[(number >>> 4) % 10] : undefined
    if (trouble !== undefined) this.#troubles.set(id, before + 1)
    return trouble
  }
}

function crashedIf(isCrashed: boolean, answer: OrderAnswer): OrderAnswer {
  return isCrashed ? { kind: 'crashed', message: 'killed' } : answer
}
