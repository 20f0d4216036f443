import { closeSync, openSync, readSync } from 'node:fs'
import { isRecord } from '../../core/index.ts'
import type { OrderEvent } from '../contract/engine.ts'
import { answerSealOf, isAnswer, isReport, parsedJson } from '../contract/messages.ts'
import type { OrderEnd } from '../contract/order.ts'
import { type OrdersFolder, readShared, removeShared, takeAway, writeShared } from './orders-folder.ts'

/** How long an order waits before that is told. */
const queuedToldMs = 1000

type Look = { readonly kind: 'heard' | 'quiet' } | { readonly kind: 'ended'; readonly end: OrderEnd }

/** Looks at the files of one order. */
export class OrderFollower {
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

  /** Whose sign of life is waited for; undefined where nobody has the order. */
  get worker(): string | undefined {
    return this.#taker === undefined ? undefined : workerOf(this.#taker)
  }

  isInFlight(): boolean {
    return this.#folder.findQueued(this.#id) !== undefined || this.#folder.findTaker(this.#id) !== undefined
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

  /** Takes an order back that waits; returns whether it did. */
  takeBack(): boolean {
    const queued = this.#folder.findQueued(this.#id)
    return queued !== undefined && takeAway(queued.path)
  }

  /** Takes a waiting order back, or has the worker that has it end it. Returns whether nobody has it. */
  cancel(): boolean {
    if (this.takeBack()) return true
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
    return { kind: 'answered', answer: value.answer, worker: value.worker, ...answerSealOf(value.seal) }
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
