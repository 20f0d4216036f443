import { hostname, platform, release } from 'node:os'
import type { Device } from '../../core/index.ts'
import { randomName } from '../../engine/system/random-name.ts'
import type { Perform, Station } from '../contract/engine.ts'
import type { Offer } from '../contract/offer.ts'
import { type OrderAnswer, orderVersion } from '../contract/order.ts'
import { AnsweredOrders, type Sealer, type SealReader, untrusted } from '../contract/sealed-order.ts'
import { type SlotCommand, SlotProcess } from './slot-process.ts'

export interface WorkerOptions {
  readonly station: Station
  readonly pool: string
  /** Whose orders count: no other is handed to a slot. */
  readonly submitters: SealReader
  /** Signs answers. */
  readonly sealer?: Sealer
  /** How many orders at once, each in a process of its own. */
  readonly slots: number
  readonly slotCommand: SlotCommand
  readonly device: Device
  /** What its GPUs are called. */
  readonly gpu?: string
  /** The GPUs, as `CUDA_VISIBLE_DEVICES` names them: each slot has its share. */
  readonly gpus: readonly string[]
  readonly reprise: string
  /** What people call the worker; by default the name of the machine. A random part makes it unique. */
  readonly name?: string
  /** Ends after this many orders. */
  readonly orders?: number
  /** Ends when it has had nothing to do for this time. */
  readonly idleMs?: number
  /** Whether a batch system started it, which ends all of a job at once: the programs of steps, too. */
  readonly isJob?: boolean
  /** Takes no more orders, and lets those that it has come to their ends. */
  readonly drain: AbortSignal
  /** Cancels what runs, and gives the orders back. */
  readonly stop: AbortSignal
  readonly onLine: (line: string) => void
}

/** Takes orders of a pool and has them executed, until it is drained. Rejects where no slot can be started. */
export async function runWorker(options: WorkerOptions): Promise<void> {
  const { station, pool, slots, device, gpu, gpus, drain, onLine, orders } = options
  const worker = `${options.name ?? hostname()}-${randomName(6)}`
  const processes = Array.from({ length: slots }, () => new SlotProcess(options.slotCommand))
  try {
    const [facts] = await Promise.all(processes.map((one) => one.start()))
    if (facts === undefined) throw new TypeError('a worker has at least one slot')
    const offer: Offer = {
      v: orderVersion,
      worker,
      host: hostname(),
      pool,
      slots,
      device,
      ...(gpu === undefined ? {} : { gpu }),
      reprise: options.reprise,
      node: process.version,
      platform: `${platform()} ${release()} ${process.arch}`,
      tools: facts.tools,
      sources: facts.sources,
      pipelines: facts.pipelines,
      since: new Date().toISOString(),
    }
    const idle = new IdleEnd(options.idleMs)
    const perform = idle.watching(performerOf(processes, gpus, options))
    onLine(`${worker} takes orders of the pool '${pool}' from ${station.name}, ${slots} at once, on ${device}`)
    const ending = AbortSignal.any([drain, idle.signal])
    const sealer = options.sealer === undefined ? {} : { sealer: options.sealer }
    const only = orders === undefined ? {} : { orders }
    await station.serve({ offer, perform, drain: ending, onLine, ...sealer, ...only })
  } finally {
    await Promise.all(processes.map((one) => one.end()))
  }
}

/** Ends a worker that has nothing to do. */
class IdleEnd {
  readonly #afterMs: number | undefined
  readonly #over = new AbortController()
  #busy = 0
  #timer: NodeJS.Timeout | undefined

  constructor(afterMs: number | undefined) {
    this.#afterMs = afterMs
    this.#wait()
  }

  get signal(): AbortSignal {
    return this.#over.signal
  }

  watching(perform: Perform): Perform {
    return async (...asked) => {
      this.#busy += 1
      clearTimeout(this.#timer)
      try {
        return await perform(...asked)
      } finally {
        this.#busy -= 1
        this.#wait()
      }
    }
  }

  #wait(): void {
    if (this.#busy > 0 || this.#afterMs === undefined) return
    clearTimeout(this.#timer)
    // What keeps the process alive is the station.
    this.#timer = setTimeout(() => this.#over.abort(), this.#afterMs).unref()
  }
}

/** Gives orders to free slots. One that needs several waits until so many are free, and gets the GPUs of them all. */
function performerOf(
  processes: readonly SlotProcess[],
  gpus: readonly string[],
  { stop, drain, isJob, onLine, pool, submitters }: Omit<WorkerOptions, 'gpus'>,
): Perform {
  const answered = new AnsweredOrders()
  const free = new Set(processes.keys())
  const waiting: { readonly count: number; readonly resume: () => void }[] = []
  const share = Math.max(1, Math.floor(gpus.length / processes.length))
  const gpusOf = (slot: number) =>
    gpus.length === 0 ? [] : Array.from({ length: share }, (_, at) => gpus[(slot * share + at) % gpus.length])

  /** In the order of asking: else one that needs several would wait for ever beside many that need one. */
  async function take(count: number): Promise<readonly number[]> {
    if (waiting.length > 0 || free.size < count) await new Promise<void>((resume) => waiting.push({ count, resume }))
    const taken = [...free].slice(0, count)
    for (const slot of taken) free.delete(slot)
    return taken
  }

  async function release(slots: readonly number[]): Promise<void> {
    for (const slot of slots) free.add(slot)
    for (let next = waiting[0]; next !== undefined && next.count <= free.size; next = waiting[0]) {
      waiting.shift()
      next.resume()
      // It takes its slots before anybody else looks.
      await Promise.resolve()
    }
  }

  return async (order, onReport, signal) => {
    const refusal = untrusted(order, pool, submitters) ?? answered.refusal(order)
    if (refusal !== undefined) {
      onLine(`${order.pipeline} ${order.request.step}: refused, for ${order.from}: ${refusal.message}`)
      return refusal
    }
    const slots = await take(Math.min(order.slots, processes.length))
    const process = processes[slots[0] ?? 0]
    const started = performance.now()
    const { step, attempt } = order.request
    try {
      if (process === undefined) throw new TypeError('a worker has at least one slot')
      onLine(`${order.pipeline} ${step}: taken, for ${order.from}${attempt > 1 ? `, attempt ${attempt}` : ''}`)
      const lent = [...new Set(slots.flatMap(gpusOf))].flatMap((gpu) => gpu ?? [])
      const options = { onReport, signal: AbortSignal.any([signal, stop]) }
      let answer = await process.perform(order, lent, options)
      // A project that was edited or updated since the process loaded it is no reason to refuse.
      if (answer.kind === 'refused' && (await process.renew())) answer = await process.perform(order, lent, options)
      const seconds = ((performance.now() - started) / 1000).toFixed(1)
      onLine(`${order.pipeline} ${step}: ${answerText(answer)} after ${seconds}s`)
      if (isJob === true && drain.aborted && isOfSignal(answer)) return 'left'
      const isCancelled = answer.kind === 'ended' && answer.end.kind === 'cancelled'
      if (isCancelled && !signal.aborted) return 'given-back'
      answered.add(order)
      return answer
    } finally {
      await release(slots)
    }
  }
}

/** Whether a program of the step was ended by a signal, which came from outside. */
function isOfSignal(answer: OrderAnswer): boolean {
  if (answer.kind !== 'ended' || answer.end.kind !== 'failed') return false
  const { failure } = answer.end
  return failure.kind === 'stage-exited' && failure.signal !== null
}

function answerText(answer: OrderAnswer): string {
  switch (answer.kind) {
    case 'ended':
      return answer.end.kind === 'executed' ? answer.how : answer.end.kind
    case 'refused':
      return `refused, because worker-differs: ${answer.differences.join('; ')}`
    case 'untrusted':
    case 'not-transferred':
    case 'crashed':
      return `${answer.kind}: ${answer.message}`
    default:
      return answer satisfies never
  }
}
