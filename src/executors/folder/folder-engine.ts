import { statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { errorMessage } from '../../engine/system/error-message.ts'
import { randomName } from '../../engine/system/random-name.ts'
import { systemTiming, type Timing, waitFor } from '../../engine/system/timing.ts'
import { cancelledOrder } from '../contract/cancelled-order.ts'
import type { CancelledOrder, Engine, OrderEvent } from '../contract/engine.ts'
import { isOffer, parsedJson } from '../contract/messages.ts'
import type { Offer } from '../contract/offer.ts'
import type { Order, OrderEnd } from '../contract/order.ts'
import { OrderFollower } from './order-follower.ts'
import { ageOf, OrdersFolder, readShared, removeShared, writeShared } from './orders-folder.ts'
import { jobEnded, lateMs, type SecondWitness, sawIt } from './second-witness.ts'

export interface FolderTimes {
  /** How long a worker may be silent before it is taken for lost; 30 s by default. */
  readonly lostAfterMs?: number
  /** How often a worker says that it is alive; 3 s by default. */
  readonly beatMs?: number
  /** How often the folder is looked at; 200 ms by default, less often while nothing happens. */
  readonly lookMs?: number
  /** How late an answer may show whose worker's job is over. */
  readonly lateMs?: { readonly done: number; readonly broken: number }
  readonly timing?: Timing
}

export const defaultTimes = { lostAfterMs: 30_000, beatMs: 3000, lookMs: 200, lateMs } as const

/** A worker that has missed so many beats offers nothing. */
const beatsMissed = 4
/** A worker that is silent for long is lost only if it was looked at often meanwhile: this process may have slept. */
const looksBeforeLost = 5
/** Between two looks, an order is renamed from one folder to another: then it is in none of them. */
const looksBeforeGone = 3
/** A worker whose job has to be ended from outside has so long beyond the grace of its step. */
const beyondGraceMs = 5000

/** Gives orders as files in a folder that machines share, and follows them by looking there. */
export class FolderEngine implements Engine {
  readonly name: string
  readonly #dir: string
  readonly #times: Required<FolderTimes>
  readonly #witnessOf: (pool: string) => SecondWitness | undefined

  constructor(
    dir: string,
    times: FolderTimes = {},
    witnessOf: (pool: string) => SecondWitness | undefined = () => undefined,
  ) {
    this.name = dir
    this.#dir = dir
    this.#times = { ...defaultTimes, timing: systemTiming, ...times }
    this.#witnessOf = witnessOf
  }

  async offers(pool: string): Promise<readonly Offer[] | { readonly unreachable: string }> {
    const folder = new OrdersFolder(this.#dir, pool)
    try {
      statSync(this.#dir)
      return offersIn(folder, this.#times.beatMs * beatsMissed)
    } catch (error) {
      return { unreachable: `${this.#dir} cannot be used: ${errorMessage(error)}` }
    }
  }

  async perform(order: Order, onEvent: (event: OrderEvent) => void, signal: AbortSignal): Promise<OrderEnd> {
    const folder = new OrdersFolder(this.#dir, order.pool)
    try {
      folder.prepare()
      const follower = new OrderFollower(folder, order.id, onEvent)
      if (!follower.isInFlight()) {
        // An answer that nobody took is of an earlier run: a result of that time is in the cache, a failure counts no more.
        for (const stale of [folder.cancel(order.id), folder.ended(order.id)]) removeShared(stale)
        writeShared(folder.queued(order.id, order.priority), JSON.stringify(order))
      }
      return (await this.#follow(follower, order, signal)) ?? cancelledEnd
    } catch (error) {
      return { kind: 'unreachable', message: `${this.#dir} cannot be used: ${errorMessage(error)}` }
    }
  }

  async cancel(
    pool: string,
    isMeant: (order: Order) => boolean,
    signal: AbortSignal,
  ): Promise<readonly CancelledOrder[] | { readonly unreachable: string }> {
    const folder = new OrdersFolder(this.#dir, pool)
    try {
      statSync(this.#dir)
      return await Promise.all(
        folder
          .inFlight()
          .filter(isMeant)
          .map(async (order) => {
            const follower = new OrderFollower(folder, order.id, () => {})
            return cancelledOrder(order, await this.#follow(follower, order, AbortSignal.abort(), signal))
          }),
      )
    } catch (error) {
      return { unreachable: `${this.#dir} cannot be used: ${errorMessage(error)}` }
    }
  }

  async close(): Promise<void> {}

  /** Returns how the order ended; undefined when `leave` is aborted before. */
  async #follow(
    follower: OrderFollower,
    order: Order,
    signal: AbortSignal,
    leave?: AbortSignal,
  ): Promise<OrderEnd | undefined> {
    const { timing, lookMs, lostAfterMs, lateMs } = this.#times
    const witness = this.#witnessOf(order.pool)
    const ending = witness === undefined ? undefined : new EndingFromOutside(witness, order.request.limits.killGraceMs)
    let quiet = 0
    for (;;) {
      if (signal.aborted && follower.cancel()) return cancelledEnd
      const look = follower.look()
      if (look.kind === 'ended') return look.end
      quiet = look.kind === 'heard' ? 0 : quiet + 1
      if (follower.looksGone >= looksBeforeGone) return { kind: 'gone' }
      const { worker } = follower
      const ended = worker === undefined ? undefined : witness?.endOf(worker)
      const isOver = look.kind === 'quiet' && ended !== undefined && sawIt(ended, lateMs)
      if (isOver || (follower.silence.looks >= looksBeforeLost && follower.silence.ms > lostAfterMs)) {
        const lost = follower.giveUp()
        if (lost !== undefined) {
          // A job that is frozen would go on when it thaws, with nobody to answer to.
          if (!isOver && worker !== undefined) witness?.end(worker, 'kill')
          if (signal.aborted) return cancelledEnd
          return isOver ? jobEnded(lost, ended, order.request.step) : lost
        }
      }
      if (worker === undefined) {
        const why = witness?.whyWaiting()
        if (why !== undefined && follower.takeBack()) return { kind: 'unreachable', message: why }
      } else if (signal.aborted) ending?.look(worker)
      if (leave?.aborted === true) return undefined
      // One that is cancelled is looked at more often; a signal that is aborted already would not wait at all.
      await waitFor(timing, Math.min(lookMs * (1 + quiet / 10), 5 * lookMs), signal.aborted ? [] : [signal])
    }
  }
}

/** Has a job ended from outside, gently and then not, whose worker does not end a cancelled order. */
class EndingFromOutside {
  readonly #witness: SecondWitness
  readonly #graceMs: number
  #since: number | undefined
  #asked: 'term' | 'kill' | undefined

  constructor(witness: SecondWitness, graceMs: number) {
    this.#witness = witness
    this.#graceMs = graceMs + beyondGraceMs
  }

  look(worker: string): void {
    this.#since ??= performance.now()
    const elapsed = performance.now() - this.#since
    const how = elapsed < this.#graceMs ? undefined : elapsed < this.#graceMs + beyondGraceMs ? 'term' : 'kill'
    if (how === undefined || how === this.#asked) return
    this.#asked = how
    this.#witness.end(worker, how)
  }
}

const cancelledEnd: OrderEnd = {
  kind: 'answered',
  answer: { kind: 'ended', end: { kind: 'cancelled' }, how: 'executed' },
  worker: '',
  isOwn: true,
}

/** Returns the offers that were written lately. */
function offersIn(folder: OrdersFolder, oldestMs: number): readonly Offer[] {
  const names = folder.list('workers')
  if (names.length === 0) return []
  const now = join(folder.dir, 'workers', `.now-${randomName(12)}`)
  writeFileSync(now, '')
  try {
    return names.flatMap((name) => {
      const path = join(folder.dir, 'workers', name)
      const offer = parsedJson(readShared(path) ?? '')
      const age = ageOf(path, now)
      return isOffer(offer) && age !== undefined && age < oldestMs ? [offer] : []
    })
  } finally {
    removeShared(now)
  }
}
