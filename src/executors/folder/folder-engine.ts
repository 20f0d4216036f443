import { closeSync, openSync, readSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { isRecord } from '../../core/index.ts'
import { errorMessage } from '../../engine/system/error-message.ts'
import { randomName } from '../../engine/system/random-name.ts'
import { systemTiming, type Timing, waitFor } from '../../engine/system/timing.ts'
import { cancelledOrder } from '../contract/cancelled-order.ts'
import type { CancelledOrder, Engine, OrderEvent } from '../contract/engine.ts'
import { isAnswer, isOffer, isReport, parsedJson } from '../contract/messages.ts'
import type { Offer } from '../contract/offer.ts'
import type { Order, OrderEnd } from '../contract/order.ts'
import { ageOf, OrdersFolder, readShared, removeShared, takeAway, writeShared } from './orders-folder.ts'

export interface FolderTimes {
  /** How long a worker may be silent before it is taken for lost; 30 s by default. */
  readonly lostAfterMs?: number
  /** How often a worker says that it is alive; 3 s by default. */
  readonly beatMs?: number
  /** How often the folder is looked at; 200 ms by default, less often while nothing happens. */
  readonly lookMs?: number
  readonly timing?: Timing
}

export const defaultTimes = { lostAfterMs: 30_000, beatMs: 3000, lookMs: 200 } as const

/** A worker that has missed so many beats offers nothing. */
const beatsMissed = 4
/** A worker that is silent for long is lost only if it was looked at often meanwhile: this process may have slept. */
const looksBeforeLost = 5
/** Between two looks, an order is renamed from one folder to another: then it is in none of them. */
const looksBeforeGone = 3

/** Gives orders as files in a folder that machines share, and follows them by looking there. */
export class FolderEngine implements Engine {
  readonly name: string
  readonly #dir: string
  readonly #times: Required<FolderTimes>

  constructor(dir: string, times: FolderTimes = {}) {
    this.name = dir
    this.#dir = dir
    this.#times = { ...defaultTimes, timing: systemTiming, ...times }
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
        removeShared(folder.cancel(order.id))
        writeShared(folder.queued(order.id, order.priority), JSON.stringify(order))
      }
      return (await this.#follow(follower, signal)) ?? cancelledEnd
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
            return cancelledOrder(order, await this.#follow(follower, AbortSignal.abort(), signal))
          }),
      )
    } catch (error) {
      return { unreachable: `${this.#dir} cannot be used: ${errorMessage(error)}` }
    }
  }

  async close(): Promise<void> {}

  /** Returns how the order ended; undefined when `leave` is aborted before. */
  async #follow(follower: OrderFollower, signal: AbortSignal, leave?: AbortSignal): Promise<OrderEnd | undefined> {
    const { timing, lookMs, lostAfterMs } = this.#times
    let quiet = 0
    for (;;) {
      if (signal.aborted && follower.cancel()) return cancelledEnd
      const look = follower.look()
      if (look.kind === 'ended') return look.end
      quiet = look.kind === 'heard' ? 0 : quiet + 1
      if (follower.looksGone >= looksBeforeGone) return { kind: 'gone' }
      if (follower.silence.looks >= looksBeforeLost && follower.silence.ms > lostAfterMs) {
        const lost = follower.giveUp()
        if (lost !== undefined) return signal.aborted ? cancelledEnd : lost
      }
      if (leave?.aborted === true) return undefined
      // One that is cancelled is looked at more often; a signal that is aborted already would not wait at all.
      await waitFor(timing, Math.min(lookMs * (1 + quiet / 10), 5 * lookMs), signal.aborted ? [] : [signal])
    }
  }
}

const cancelledEnd: OrderEnd = {
  kind: 'answered',
  answer: { kind: 'ended', end: { kind: 'cancelled' }, how: 'executed' },
  worker: '',
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

/** How long an order waits before that is told. */
const queuedToldMs = 1000

type Look = { readonly kind: 'heard' | 'quiet' } | { readonly kind: 'ended'; readonly end: OrderEnd }

/** Looks at the files of one order. */
class OrderFollower {
  readonly #folder: OrdersFolder
  readonly #id: string
  readonly #onEvent: (event: OrderEvent) => void
  #taker: string | undefined
  #isQueuedTold = false
  #readBytes = 0
  #rest = ''
  #heardAt = performance.now()
  #quietLooks = 0
  looksGone = 0

  constructor(folder: OrdersFolder, id: string, onEvent: (event: OrderEvent) => void) {
    this.#folder = folder
    this.#id = id
    this.#onEvent = onEvent
  }

  get silence(): { readonly looks: number; readonly ms: number } {
    // One that waits for a worker is not lost.
    if (this.#taker === undefined) return { looks: 0, ms: 0 }
    return { looks: this.#quietLooks, ms: performance.now() - this.#heardAt }
  }

  isInFlight(): boolean {
    const folder = this.#folder
    const isWaiting = folder.findQueued(this.#id) !== undefined || folder.findTaker(this.#id) !== undefined
    return isWaiting || readShared(folder.ended(this.#id)) !== undefined
  }

  look(): Look {
    const folder = this.#folder
    const ended = readShared(folder.ended(this.#id))
    const value = ended === undefined ? undefined : parsedJson(ended)
    // What was told before the end is there by now.
    const taker = isRecord(value) && isTaker(value.taker) ? value.taker : folder.findTaker(this.#id)
    if (taker !== undefined && taker !== this.#taker) this.#placed(taker)
    const isHeard = this.#readReports()
    if (ended !== undefined) return { kind: 'ended', end: this.#end(value) }
    if (this.#taker !== undefined) {
      if (isHeard) return this.#heard()
      this.#quietLooks += 1
      // It may have been given back, or be lost for another run that follows it.
      if (taker === undefined) this.#taker = undefined
      return { kind: 'quiet' }
    }
    const queued = folder.findQueued(this.#id)
    if (queued === undefined) this.looksGone += 1
    else this.#queued(queued.ahead)
    return { kind: 'quiet' }
  }

  /** Takes a waiting order back, or has the worker that has it end it. Returns whether nobody has it. */
  cancel(): boolean {
    const queued = this.#folder.findQueued(this.#id)
    if (queued !== undefined && takeAway(queued.path)) return true
    const path = this.#folder.cancel(this.#id)
    if (readShared(path) === undefined) writeShared(path, 'cancel')
    return false
  }

  /** Takes the order from a worker that is silent. Undefined where another run has done so. */
  giveUp(): OrderEnd | undefined {
    const worker = this.#taker ?? ''
    const path = this.#folder.taken(this.#id, worker)
    const afterMs = Math.round(performance.now() - this.#heardAt)
    if (!takeAway(path)) {
      this.#taker = undefined
      return undefined
    }
    removeShared(this.#folder.reports(this.#id, worker))
    return { kind: 'lost', worker: workerOf(worker), afterMs }
  }

  #placed(taker: string): void {
    this.#taker = taker
    this.#readBytes = 0
    this.#rest = ''
    this.#isQueuedTold = false
    this.#heard()
    this.#onEvent({ kind: 'placed', worker: workerOf(taker) })
  }

  #queued(ahead: number): void {
    this.looksGone = 0
    // What is taken at once is not worth a word, and a long queue that moves would be a line a step.
    if (this.#isQueuedTold || performance.now() - this.#heardAt < queuedToldMs) return
    this.#isQueuedTold = true
    this.#onEvent({ kind: 'queued', ahead })
  }

  #heard(): Look {
    this.#heardAt = performance.now()
    this.#quietLooks = 0
    this.looksGone = 0
    return { kind: 'heard' }
  }

  /** Passes on what the worker has told since the last look; returns whether it was anything. */
  #readReports(): boolean {
    if (this.#taker === undefined) return false
    const text = readFrom(this.#folder.reports(this.#id, this.#taker), this.#readBytes)
    if (text.length === 0) return false
    this.#readBytes += text.length
    const lines = (this.#rest + text.toString('utf8')).split('\n')
    this.#rest = lines.pop() ?? ''
    for (const line of lines) {
      const value = parsedJson(line)
      if (isReport(value)) this.#onEvent(value)
    }
    return true
  }

  #end(value: unknown): OrderEnd {
    const folder = this.#folder
    removeShared(folder.ended(this.#id))
    removeShared(folder.cancel(this.#id))
    if (this.#taker !== undefined) removeShared(folder.reports(this.#id, this.#taker))
    if (!isRecord(value) || !isAnswer(value.answer) || typeof value.worker !== 'string') return { kind: 'gone' }
    return { kind: 'answered', answer: value.answer, worker: value.worker }
  }
}

/** It becomes a part of a path, which must not lead out of the folder. */
function isTaker(value: unknown): value is string {
  return typeof value === 'string' && /^[^/\\]+\.\d+$/.test(value)
}

/** Returns the worker's name in that of a taker, which has a number behind it. */
function workerOf(taker: string): string {
  return taker.slice(0, taker.lastIndexOf('.'))
}

/** Opens the file anew each time: a network file system shows then what was appended. */
function readFrom(path: string, position: number): Buffer {
  let file: number
  try {
    file = openSync(path, 'r')
  } catch {
    return Buffer.alloc(0)
  }
  try {
    const buffer = Buffer.alloc(1 << 16)
    const parts: Buffer[] = []
    for (let at = position; ; ) {
      const read = readSync(file, buffer, 0, buffer.length, at)
      if (read === 0) return Buffer.concat(parts)
      parts.push(Buffer.from(buffer.subarray(0, read)))
      at += read
    }
  } finally {
    closeSync(file)
  }
}
