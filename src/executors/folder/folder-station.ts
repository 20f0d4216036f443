import { appendFileSync, existsSync, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { errorMessage } from '../../engine/system/error-message.ts'
import { systemTiming, waitFor } from '../../engine/system/timing.ts'
import type { Station, StationOptions } from '../contract/engine.ts'
import { isOrder, parsedJson } from '../contract/messages.ts'
import type { Order, OrderReport } from '../contract/order.ts'
import { answerSeal } from '../contract/sealed-order.ts'
import { defaultTimes, type FolderTimes } from './folder-engine.ts'
import { OrdersFolder, readShared, removeShared, renameShared, writeShared } from './orders-folder.ts'

/** While nothing is to be done, the folder is looked at up to so many times less often. */
const idleFactor = 5
const dayMs = 86_400_000
/** Jobs of a batch system may wait for weeks, and their scripts and what is known of them with them. */
const jobsDays = 30

/** Takes orders from a folder that machines share. */
export class FolderStation implements Station {
  readonly name: string
  readonly #dir: string
  readonly #times: Required<FolderTimes>

  constructor(dir: string, times: FolderTimes = {}) {
    this.name = dir
    this.#dir = dir
    this.#times = { ...defaultTimes, timing: systemTiming, ...times }
  }

  async serve(options: StationOptions): Promise<void> {
    const folder = new OrdersFolder(this.#dir, options.offer.pool)
    folder.prepare()
    sweep(folder)
    await new Service(folder, options, this.#times).run()
  }
}

/** One worker at its folder. */
class Service {
  readonly #folder: OrdersFolder
  readonly #options: StationOptions
  readonly #times: Required<FolderTimes>
  readonly #busy = new Set<Promise<void>>()
  #taken = 0
  #isTroubled = false

  constructor(folder: OrdersFolder, options: StationOptions, times: Required<FolderTimes>) {
    this.#folder = folder
    this.#options = options
    this.#times = times
  }

  async run(): Promise<void> {
    const { offer, drain, orders = Number.POSITIVE_INFINITY } = this.#options
    const { timing, lookMs, beatMs } = this.#times
    let stopBeat = () => {}
    const announce = () => {
      this.#safely(() => writeShared(this.#folder.worker(offer.worker), JSON.stringify(offer)))
      stopBeat = timing.after(beatMs, announce)
    }
    announce()
    let idle = 0
    try {
      while (!drain.aborted && this.#taken < orders) {
        const order = this.#busy.size < offer.slots ? this.#safely(() => this.#take()) : undefined
        if (order !== undefined) {
          idle = 0
          const work = this.#perform(order.order, order.taker).finally(() => this.#busy.delete(work))
          this.#busy.add(work)
          continue
        }
        idle += 1
        const pause = waitFor(timing, lookMs * Math.min(idleFactor, 1 + idle / 20), [drain])
        await (this.#busy.size < offer.slots ? pause : Promise.race([...this.#busy, pause]))
      }
      await Promise.all(this.#busy)
    } finally {
      stopBeat()
      this.#safely(() => removeShared(this.#folder.worker(offer.worker)))
    }
  }

  /** Takes the most urgent order that is for this worker. */
  #take(): { readonly order: Order; readonly taker: string } | undefined {
    const { worker } = this.#options.offer
    for (const name of this.#folder.list('queued')) {
      const path = join(this.#folder.dir, 'queued', name)
      const order = parsedJson(readShared(path) ?? '')
      if (!isOrder(order) || order.notFor.includes(worker)) continue
      const taker = `${worker}.${this.#taken + 1}`
      // The file that shows it as alive is there before it is taken.
      appendFileSync(this.#folder.reports(order.id, taker), '{"kind":"beat"}\n')
      if (renameShared(path, this.#folder.taken(order.id, taker))) {
        this.#taken += 1
        return { order, taker }
      }
      removeShared(this.#folder.reports(order.id, taker))
    }
    return undefined
  }

  async #perform(order: Order, taker: string): Promise<void> {
    const { perform, offer, sealer } = this.#options
    const { timing, beatMs, lookMs } = this.#times
    const folder = this.#folder
    const held = folder.taken(order.id, taker)
    const over = new AbortController()
    const controller = new AbortController()
    const lines: string[] = []
    const flush = () => {
      const text = lines.splice(0).join('')
      if (text !== '') this.#safely(() => appendFileSync(folder.reports(order.id, taker), text))
    }
    const watch = async () => {
      for (let sinceBeat = 0; !over.signal.aborted; sinceBeat += lookMs) {
        if (sinceBeat >= beatMs) {
          lines.push('{"kind":"beat"}\n')
          sinceBeat = 0
        }
        flush()
        if (existsSync(folder.cancel(order.id))) controller.abort(new Error('cancelled'))
        // A run that took this worker for lost has taken the order away.
        if (!existsSync(held)) controller.abort(new Error('the order was given to another worker'))
        await waitFor(timing, lookMs, [over.signal])
      }
    }
    const watching = watch()
    const onReport = (report: OrderReport) => void lines.push(`${JSON.stringify(report)}\n`)
    const answer = await perform(order, onReport, controller.signal)
    over.abort()
    await watching
    flush()
    this.#safely(() => {
      if (!existsSync(held) || answer === 'left') return
      if (answer === 'given-back') {
        renameShared(held, folder.queued(order.id, order.priority))
        removeShared(folder.reports(order.id, taker))
        return
      }
      const sealed = answerSeal(order, offer.worker, answer, sealer)
      writeShared(folder.ended(order.id), JSON.stringify({ worker: offer.worker, taker, answer, ...sealed }))
      removeShared(held)
      removeShared(folder.cancel(order.id))
    })
  }

  /** A folder that cannot be reached for a while is told once, and tried again. */
  #safely<Value>(work: () => Value): Value | undefined {
    try {
      const value = work()
      this.#isTroubled = false
      return value
    } catch (error) {
      if (!this.#isTroubled) this.#options.onLine(`${this.#folder.dir} cannot be used: ${errorMessage(error)}`)
      this.#isTroubled = true
      return undefined
    }
  }
}

/** Removes what runs that never came back have left for more than a day, and jobs after a month. */
function sweep(folder: OrdersFolder): void {
  const now = Date.now()
  for (const part of ['ended', 'reports', 'cancel', 'workers', 'jobs'] as const) {
    if (!existsSync(join(folder.dir, part))) continue
    const keptMs = part === 'jobs' ? jobsDays * dayMs : dayMs
    for (const name of readdirSync(join(folder.dir, part))) {
      const path = join(folder.dir, part, name)
      const stats = statSync(path, { throwIfNoEntry: false })
      if (stats !== undefined && now - stats.mtimeMs > keptMs) removeShared(path)
    }
  }
}
