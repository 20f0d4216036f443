import { setTimeout as delay } from 'node:timers/promises'
import { errorMessage } from '../../engine/system/error-message.ts'
import type { Station, StationOptions } from '../contract/engine.ts'
import { isOrder } from '../contract/messages.ts'
import type { OrderReport } from '../contract/order.ts'
import { answerSeal } from '../contract/sealed-order.ts'
import {
  type BullmqClient,
  defaultLockMs,
  type Job,
  type JobNews,
  loadBullmq,
  offerBeatMs,
  patient,
  type Redis,
  redisNames,
  shownAddress,
} from './bullmq-client.ts'

/** What is told is gathered for so long: a step may report a thousand times a second. */
const newsMs = 400
/** Of lines, no more is told at once. */
const newsBytesMax = 16 * 1024
/** An order may be taken by so many workers that are lost: then the step is taken for the reason. */
const stallsMax = 2
/** A worker that has to end waits so long for a server that is away. */
const awaySeconds = 3
/** A worker that has refused an order leaves it to others for so long. */
const leftForOthersMs = 250

/** Takes orders from BullMQ. This process keeps their locks, and executes nothing itself. */
export class BullmqStation implements Station {
  readonly name: string
  readonly #url: string
  readonly #lockMs: number
  readonly #client: BullmqClient

  constructor(url: string, client: BullmqClient, lockMs = defaultLockMs) {
    this.name = shownAddress(url)
    this.#url = url
    this.#lockMs = lockMs
    this.#client = client
  }

  async serve(options: StationOptions): Promise<void> {
    const { bullmq, Redis } = this.#client
    const { offer, drain, onLine, orders = Number.POSITIVE_INFINITY } = options
    const names = redisNames(offer.pool)
    const redis = new Redis(this.#url, patient)
    const messages = new Redis(this.#url, patient)
    const running = new Map<string, AbortController>()
    let isTroubled = false
    const onTrouble = (error: unknown) => {
      if (!isTroubled) onLine(`${this.name} cannot be reached: ${errorMessage(error)}; tries again`)
      isTroubled = true
    }
    const onReady = () => {
      if (isTroubled) onLine(`${this.name} is reached again`)
      isTroubled = false
    }
    for (const one of [redis, messages]) one.on('error', onTrouble).on('ready', onReady)
    let taken = 0
    const drained = new AbortController()
    const ending = AbortSignal.any([drain, drained.signal])

    const worker = new bullmq.Worker<unknown>(
      names.queue,
      async (job, token) => {
        if (taken >= orders || ending.aborted || !isOrder(job.data)) return giveBack(this.#client, job, token)
        if (job.data.notFor.includes(offer.worker)) return giveBack(this.#client, job, token)
        taken += 1
        const controller = new AbortController()
        running.set(job.id ?? '', controller)
        try {
          const answer = await this.#perform(job, controller.signal, options)
          if (answer === 'given-back' || answer === 'left') return await giveBack(this.#client, job, token)
          const sealed = answerSeal(job.data, offer.worker, answer, options.sealer)
          return { worker: offer.worker, answer, ...sealed }
        } finally {
          running.delete(job.id ?? '')
          await redis.srem(names.cancel, job.id ?? '').catch(onTrouble)
          if (taken >= orders) drained.abort()
        }
      },
      {
        connection: { url: this.#url, ...patient },
        concurrency: offer.slots,
        name: offer.worker,
        lockDuration: this.#lockMs,
        stalledInterval: Math.max(500, this.#lockMs / 2),
        maxStalledCount: stallsMax,
        removeOnComplete: { age: 3600 },
        removeOnFail: { age: 3600 },
      },
    )
    worker.on('error', onTrouble)
    worker.on('lockRenewalFailed', (ids) => {
      for (const id of ids) running.get(id)?.abort(new Error('the order was given to another worker'))
    })
    messages.on('message', (_, id) => running.get(id)?.abort(new Error('cancelled')))
    const beat = async () => {
      await redis.set(names.offer(offer.worker), JSON.stringify(offer), 'PX', offerBeatMs * 3)
      // A message may have been missed while the server was away.
      for (const [id, controller] of running) {
        if ((await redis.sismember(names.cancel, id)) === 1) controller.abort(new Error('cancelled'))
      }
    }
    const isEnding = new Promise<void>((resolve) => {
      if (ending.aborted) resolve()
      ending.addEventListener('abort', () => resolve(), { once: true })
    })
    const begin = async () => {
      await messages.subscribe(names.cancel)
      await worker.waitUntilReady()
      await beat()
    }
    let timer: NodeJS.Timeout | undefined
    try {
      // A server that is away is waited for, but not by one who has to end.
      await Promise.race([begin(), isEnding])
      timer = setInterval(() => void beat().catch(onTrouble), Math.min(offerBeatMs, this.#lockMs / 3))
      await isEnding
      const leave = async () => {
        await redis.del(names.offer(offer.worker)).catch(onTrouble)
        await worker.close()
      }
      await Promise.race([leave(), whileAway(() => isTroubled && running.size === 0)])
    } finally {
      clearInterval(timer)
      disconnect(redis, messages)
      // Its own connections try for ever to reach a server that is away.
      if (isTroubled) void worker.close(true).catch(() => {})
    }
  }

  async #perform(job: Job<unknown>, signal: AbortSignal, { offer, perform, onLine }: StationOptions) {
    const order = job.data
    if (!isOrder(order)) throw new TypeError('not an order')
    let reports: OrderReport[] = []
    let telling: Promise<void> = Promise.resolve()
    const tell = () => {
      const news: JobNews = { worker: offer.worker, reports: shortened(reports) }
      reports = []
      telling = telling
        .then(() => job.updateProgress({ ...news }))
        .catch((error: unknown) => onLine(`${order.request.step}: its progress cannot be told: ${errorMessage(error)}`))
    }
    tell()
    const timer = setInterval(() => {
      if (reports.length > 0) tell()
    }, newsMs)
    try {
      return await perform(order, (report) => void reports.push(report), signal)
    } finally {
      clearInterval(timer)
      if (reports.length > 0) tell()
      await telling
    }
  }
}

/** Gives an order back to the queue, where another worker, or this one after a while, takes it. */
async function giveBack({ bullmq }: BullmqClient, job: Job<unknown>, token: string | undefined): Promise<never> {
  await job.moveToDelayed(Date.now() + leftForOthersMs, token)
  throw new bullmq.DelayedError()
}

/** Keeps the first and the last of what a step says where it says too much for a server that many share. */
function shortened(reports: readonly OrderReport[]): readonly OrderReport[] {
  const size = (report: OrderReport) => JSON.stringify(report).length
  if (reports.reduce((sum, report) => sum + size(report), 0) <= newsBytesMax) return reports
  const kept: OrderReport[] = []
  let bytes = 0
  let leftOut = 0
  for (const report of reports) {
    bytes += size(report)
    if (bytes <= newsBytesMax || report.kind === 'warning') kept.push(report)
    else leftOut += 1
  }
  const last = reports.findLast(({ kind }) => kind === 'progress')
  const note: OrderReport = { kind: 'tool-line', line: `[${leftOut} lines are left out here]` }
  return [...kept, note, ...(last === undefined || kept.includes(last) ? [] : [last])]
}

/** Resolves when something holds for some seconds. */
async function whileAway(holds: () => boolean): Promise<void> {
  for (let seconds = 0; seconds < awaySeconds; seconds = holds() ? seconds + 1 : 0)
    await delay(1000, undefined, { ref: false })
}

function disconnect(...connections: readonly Redis[]): void {
  for (const one of connections) one.disconnect()
}

/** Opens the side of a worker, or says which packages are missing. */
export async function openBullmqStation(url: string, lockMs?: number): Promise<Station | { readonly missing: string }> {
  const client = await loadBullmq()
  return 'missing' in client ? client : new BullmqStation(url, client, lockMs)
}
