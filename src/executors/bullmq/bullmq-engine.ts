import { isRecord } from '../../core/index.ts'
import { errorMessage } from '../../engine/system/error-message.ts'
import { cancelledOrder } from '../contract/cancelled-order.ts'
import type { CancelledOrder, Engine, OrderEvent } from '../contract/engine.ts'
import { answerSealOf, isAnswer, isOffer, isOrder, isReport, parsedJson } from '../contract/messages.ts'
import type { Offer } from '../contract/offer.ts'
import type { Order, OrderEnd } from '../contract/order.ts'
import {
  type BullmqClient,
  cancelSeconds,
  defaultLockMs,
  type Job,
  keptEvents,
  loadBullmq,
  patient,
  type Queue,
  type QueueEvents,
  type Redis,
  redisNames,
  shownAddress,
} from './bullmq-client.ts'
import { unlessAborted, within } from './in-time.ts'

/** A server that does not answer in this time is taken for unreachable when a run begins. */
const reachMs = 1000
/** A run that is cancelled or ends waits so long for a server that is away: its clients would wait for ever. */
const awayMs = 2000
/** How often an order is looked at, in case its server has lost it or the message of its end. */
const lookMs = 5000
/** How long an order waits before that is told. */
const queuedToldMs = 1000
/** How often an order may stall: once more, and it has failed. */
const stalledReason = 'stalled more than allowable'
/** BullMQ takes the lowest priority first, up to 2^21. */
const priorityMax = 2_000_000

interface PoolConnection {
  readonly queue: Queue
  readonly events: QueueEvents
  readonly ready: Promise<unknown>
}

/** Gives orders to BullMQ, a queue a pool, and follows them by its events. */
export class BullmqEngine implements Engine {
  readonly name: string
  readonly #url: string
  readonly #lockMs: number
  readonly #client: BullmqClient
  readonly #redis: Redis
  readonly #pools = new Map<string, PoolConnection>()

  constructor(url: string, client: BullmqClient, lockMs = defaultLockMs) {
    this.name = shownAddress(url)
    this.#url = url
    this.#lockMs = lockMs
    this.#client = client
    this.#redis = new client.Redis(url, { ...patient, lazyConnect: true })
    this.#redis.on('error', () => {})
  }

  async offers(pool: string): Promise<readonly Offer[] | { readonly unreachable: string }> {
    const found = await within(reachMs, this.#offers(pool))
    return found === 'late' ? { unreachable: `${this.name} does not answer` } : found
  }

  async #offers(pool: string): Promise<readonly Offer[] | { readonly unreachable: string }> {
    try {
      const keys: string[] = []
      for await (const some of this.#redis.scanStream({ match: redisNames(pool).offers, count: 1000 })) {
        for (const key of some) keys.push(String(key))
      }
      if (keys.length === 0) return []
      const texts = await this.#redis.mget(keys)
      return texts.map((text) => parsedJson(text ?? '')).filter(isOffer)
    } catch (error) {
      return { unreachable: `${this.name} cannot be reached: ${errorMessage(error)}` }
    }
  }

  async perform(order: Order, onEvent: (event: OrderEvent) => void, signal: AbortSignal): Promise<OrderEnd> {
    if (signal.aborted) return cancelledEnd
    const giving = this.#give(order)
    try {
      const job = await unlessAborted(giving, signal)
      if (job === 'aborted') {
        // A server that is away may get the order later: then it is taken back.
        void giving.then((late) => late && this.#cancel(late, () => {})).catch(() => {})
        return cancelledEnd
      }
      return job === undefined ? { kind: 'gone' } : await this.#follow(job, onEvent, signal)
    } catch (error) {
      return { kind: 'unreachable', message: `${this.name}: ${errorMessage(error)}` }
    }
  }

  async #give(order: Order): Promise<FollowedJob | undefined> {
    const { queue, events, ready } = this.#connectionOf(order.pool)
    await ready
    const priority = Math.max(1, priorityMax - Math.min(priorityMax - 1, Math.round(order.priority / 1000)))
    const { id } = await queue.add('order', order, {
      deduplication: { id: order.id },
      priority,
      attempts: 1,
      removeOnComplete: { age: 3600 },
      removeOnFail: { age: 3600 },
    })
    return id === undefined ? undefined : { queue, events, id, pool: order.pool }
  }

  async cancel(
    pool: string,
    isMeant: (order: Order) => boolean,
    signal: AbortSignal,
  ): Promise<readonly CancelledOrder[] | { readonly unreachable: string }> {
    const found = await within(lookMs, this.#inFlight(pool))
    if (found === 'late') return { unreachable: `${this.name} does not answer` }
    if (found.connection === undefined) return { unreachable: found.unreachable }
    const meant = found.jobs.filter(({ order }) => isMeant(order))
    return Promise.all(
      meant.map(async ({ order, id }) => {
        const end = this.#follow({ ...found.connection, id, pool }, () => {}, AbortSignal.abort())
        const ended = await unlessAborted(end, signal)
        return cancelledOrder(order, ended === 'aborted' ? undefined : ended)
      }),
    )
  }

  /** Returns the orders that wait, and those that workers have. */
  async #inFlight(pool: string) {
    try {
      const connection = this.#connectionOf(pool)
      await connection.ready
      const jobs = await connection.queue.getJobs(['active', 'prioritized', 'waiting', 'delayed'])
      return {
        connection,
        jobs: jobs.flatMap(({ id, data }) => (id !== undefined && isOrder(data) ? [{ id, order: data }] : [])),
      }
    } catch (error) {
      return { unreachable: `${this.name} cannot be reached: ${errorMessage(error)}` }
    }
  }

  async close(): Promise<void> {
    const pools = [...this.#pools.values()]
    const closing = Promise.all(pools.map(({ queue, events }) => Promise.all([queue.close(), events.close()])))
    if ((await within(awayMs, closing)) === 'late') {
      for (const one of pools.flatMap(({ queue, events }) => [queue, events])) void one.disconnect().catch(() => {})
    }
    this.#redis.disconnect()
  }

  #connectionOf(pool: string): PoolConnection {
    const known = this.#pools.get(pool) ?? this.#connect(pool)
    this.#pools.set(pool, known)
    return known
  }

  #connect(pool: string): PoolConnection {
    const { Queue, QueueEvents } = this.#client.bullmq
    const name = redisNames(pool).queue
    const connection = { url: this.#url, ...patient }
    const queue = new Queue(name, { connection, streams: { events: { maxLen: keptEvents } } })
    const events = new QueueEvents(name, { connection })
    // Each order has some listeners, and there may be hundreds.
    events.setMaxListeners(0)
    queue.on('error', () => {})
    events.on('error', () => {})
    return { queue, events, ready: events.waitUntilReady() }
  }

  #follow(job: FollowedJob, onEvent: (event: OrderEvent) => void, signal: AbortSignal): Promise<OrderEnd> {
    return new Promise((resolve) => {
      const { events, queue, id } = job
      let worker: string | undefined
      let isOver = false
      const timers: NodeJS.Timeout[] = []
      const end = (how: OrderEnd) => {
        if (isOver) return
        isOver = true
        for (const timer of timers) clearTimeout(timer)
        events
          .off('progress', onProgress)
          .off('completed', onCompleted)
          .off('failed', onFailed)
          .off('stalled', onStalled)
        signal.removeEventListener('abort', cancel)
        resolve(how)
      }
      const hear = (data: unknown) => {
        if (!isRecord(data) || typeof data.worker !== 'string' || isOver) return
        if (worker !== data.worker) {
          worker = data.worker
          onEvent({ kind: 'placed', worker })
        }
        const reports = Array.isArray(data.reports) ? data.reports : []
        for (const report of reports) if (isReport(report)) onEvent(report)
      }
      const lost = () => end({ kind: 'lost', worker: worker ?? 'a worker', afterMs: this.#lockMs })
      const onProgress = ({ jobId, data }: { jobId: string; data: unknown }) => {
        if (jobId === id) hear(data)
      }
      const onCompleted = ({ jobId, returnvalue }: { jobId: string; returnvalue: unknown }) => {
        if (jobId === id) end(answered(returnvalue))
      }
      const onFailed = ({ jobId, failedReason }: { jobId: string; failedReason: string }) => {
        if (jobId !== id) return
        if (failedReason.includes(stalledReason)) lost()
        else end({ kind: 'answered', answer: { kind: 'crashed', message: failedReason }, worker: worker ?? 'a worker' })
      }
      const onStalled = ({ jobId }: { jobId: string }) => {
        if (jobId === id) lost()
      }
      const cancel = () =>
        void within(awayMs, this.#cancel(job, end)).then((how) => {
          // The worker that cannot renew its lock ends the step.
          if (how === 'late') end(cancelledEnd)
        })
      const look = async () => {
        const now = await queue.getJob(id)
        if (now === undefined) end({ kind: 'gone' })
        else if (now.finishedOn !== undefined) {
          if (now.failedReason) onFailed({ jobId: id, failedReason: now.failedReason })
          else end(answered(now.returnvalue))
        } else if (worker === undefined) hear(now.progress)
      }
      const keepLooking = async () => {
        // A server that is away is asked again.
        await look().catch(() => {})
        if (!isOver) timers.push(setTimeout(() => void keepLooking(), lookMs))
      }
      events.on('progress', onProgress).on('completed', onCompleted).on('failed', onFailed).on('stalled', onStalled)
      signal.addEventListener('abort', cancel, { once: true })
      if (signal.aborted) cancel()
      timers.push(
        setTimeout(() => {
          if (worker === undefined) onEvent({ kind: 'queued' })
        }, queuedToldMs),
      )
      // It may have ended before anybody listened, as for a run that was away.
      void keepLooking()
    })
  }

  /** Takes a waiting order back, or has the worker that has it end it. */
  async #cancel({ queue, id, pool }: FollowedJob, end: (how: OrderEnd) => void): Promise<void> {
    try {
      const job = await queue.getJob(id)
      if (job !== undefined && (await removed(job))) {
        end(cancelledEnd)
        return
      }
      const { cancel } = redisNames(pool)
      await this.#redis.multi().sadd(cancel, id).expire(cancel, cancelSeconds).publish(cancel, id).exec()
    } catch {
      end(cancelledEnd)
    }
  }
}

interface FollowedJob extends Omit<PoolConnection, 'ready'> {
  readonly id: string
  readonly pool: string
}

const cancelledEnd: OrderEnd = {
  kind: 'answered',
  answer: { kind: 'ended', end: { kind: 'cancelled' }, how: 'executed' },
  worker: '',
  isOwn: true,
}

function answered(value: unknown): OrderEnd {
  const parsed = typeof value === 'string' ? parsedJson(value) : value
  if (!isRecord(parsed) || !isAnswer(parsed.answer) || typeof parsed.worker !== 'string') return { kind: 'gone' }
  return { kind: 'answered', answer: parsed.answer, worker: parsed.worker, ...answerSealOf(parsed.seal) }
}

/** Removes a job that no worker has. */
async function removed(job: Job): Promise<boolean> {
  try {
    await job.remove()
    return true
  } catch {
    return false
  }
}

/** Opens the side of a run, or says which packages are missing. */
export async function openBullmqEngine(url: string, lockMs?: number): Promise<Engine | { readonly missing: string }> {
  const client = await loadBullmq()
  return 'missing' in client ? client : new BullmqEngine(url, client, lockMs)
}
