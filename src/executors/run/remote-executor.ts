import { hostname } from 'node:os'
import {
  type CacheStore,
  describeStoreFailure,
  err,
  ok,
  type Result,
  type StoredArtifact,
} from '../../../store/index.ts'
import type { Failure } from '../../core/index.ts'
import type {
  ExecutedEnd,
  ExecutionEnd,
  ExecutionRequest,
  ExecutionWatch,
  Executor,
} from '../../engine/execute/executor.ts'
import type { ExecutorSite } from '../../engine/execute/executor-site.ts'
import { availableOf } from '../../engine/execute/inputs.ts'
import { randomName } from '../../engine/system/random-name.ts'
import type { Engine, OrderEvent } from '../contract/engine.ts'
import { executedEndOf } from '../contract/executed-end.ts'
import { misfits } from '../contract/offer-fit.ts'
import { type Order, type OrderEnd, orderVersion } from '../contract/order.ts'
import { answerProblem, anySeal, type Sealer, type SealReader, sealedOrder } from '../contract/sealed-order.ts'
import { copyArtifacts } from '../transfer/copy-artifacts.ts'
import { sendInputs } from '../transfer/send-inputs.ts'
import { LocalTurns } from './local-turns.ts'
import { RecentOffers } from './recent-offers.ts'

/** The pools whose steps workers execute. */
export interface RemotePool {
  readonly engine: Engine
  /** Whether a step fails that no worker can execute; else it is executed here. */
  readonly only: boolean
}

export interface RemoteExecutorOptions {
  readonly pools: ReadonlyMap<string, RemotePool>
  /** Through which inputs and results travel. */
  readonly cache: CacheStore
  /** Signs orders. Without it they are not signed, and only workers that trust anyone take them. */
  readonly sealer?: Sealer
  /** Whose answers count; by default those of everybody. */
  readonly workers?: SealReader
  /** A directory for files on their way. */
  readonly scratch: string
}

/** How many workers a step may lose: then the step is taken for the reason. */
const lossesMax = 3
/** How often an order is given that ends without its result, for other reasons than a lost worker. */
const repeatsMax = 3

/** How many workers are started for an order that refuse it, one after the other. */
const refusalsMax = 2

/** Why a step is not executed by a worker. */
interface Unplaced {
  readonly failure: Failure
  readonly why: string
}

/**
 * Has the steps of some pools executed by workers, and all others in this process. What comes back is a hint: the result
 * itself is looked up in the cache, and its bytes are checked on their way into the store.
 */
export class RemoteExecutor implements Executor {
  readonly #site: ExecutorSite
  readonly #options: RemoteExecutorOptions
  readonly #turns = new LocalTurns()
  readonly #offers = new RecentOffers()

  constructor(site: ExecutorSite, options: RemoteExecutorOptions) {
    this.#site = site
    this.#options = options
  }

  async execute(request: ExecutionRequest, watch: ExecutionWatch, signal: AbortSignal): Promise<ExecutionEnd> {
    const { local, places } = this.#site
    const { pool: name = 'cpu', slots = 1 } = places.of(request).stage.resources ?? {}
    const pool = this.#options.pools.get(name)
    if (pool === undefined) return local.execute(request, watch, signal)
    try {
      const order = this.#orderFor(request, name, slots)
      const end = await this.#elsewhere(order, pool.engine, { request, watch, signal })
      if (end.ok) return end.value
      if (signal.aborted) return { kind: 'cancelled' }
      // What this machine computes is another result than what the key says, where that is of another device.
      const { device } = request.action
      if (pool.only || (device !== 'cpu' && device !== this.#site.device)) return failed(end.error.failure)
      watch.onWarning(`${end.error.why}; it is executed on this machine`)
      return await this.#turns.run(() => local.execute(request, watch, signal))
    } catch (error) {
      if (signal.aborted && error === signal.reason) return { kind: 'cancelled' }
      throw error
    }
  }

  #orderFor(request: ExecutionRequest, pool: string, slots: number): Order {
    const { run, pipeline, params, places } = this.#site
    const { stage, gpus: _, ...rest } = request
    const { module: __, ...named } = stage
    return {
      v: orderVersion,
      id: request.fresh === true ? randomName(64) : request.key,
      pipeline,
      params,
      pool,
      slots,
      priority: Math.max(0, Math.round(places.of(request).priority?.() ?? 0)),
      run,
      from: hostname(),
      request: { ...rest, stage: named },
      nonce: '',
      given: '',
      notFor: [],
    }
  }

  async #elsewhere(order: Order, engine: Engine, asked: Asked): Promise<Result<ExecutionEnd, Unplaced>> {
    const { request, watch, signal } = asked
    const { cache, scratch } = this.#options
    const { store, places } = this.#site
    const unavailable = (message: string): Result<never, Unplaced> =>
      err({
        failure: { kind: 'workers-unavailable', step: request.step, pool: order.pool, message },
        why: `no worker of the pool '${order.pool}' has executed the step: ${message}`,
      })
    // An earlier run may have given this order, and ended before it got the answer.
    const earlier = request.fresh === true ? undefined : await this.#published(asked)
    if (earlier !== undefined) return ok(earlier)
    const inputs = availableOf(places.of(request).inputs)
    const sent = await sendInputs(store, cache, inputs, { scratch, signal })
    if (!sent.ok) return unavailable(`its inputs cannot be sent: ${describeStoreFailure(sent.error)}`)
    const lost: string[] = []
    let notFor: readonly string[] = await this.#unfit(order, engine)
    for (let repeats = 0; ; ) {
      const given = sealedOrder({ ...order, notFor }, this.#options.sealer)
      const end = await engine.perform(given, (event) => onEvent(event, order, watch), signal)
      const judged = await this.#judge(end, given, asked)
      if (judged.kind === 'ended') return ok(judged.end)
      if (signal.aborted) return ok({ kind: 'cancelled' })
      if (judged.kind === 'unreachable') return unavailable(judged.message)
      if (judged.kind === 'refused' || judged.kind === 'untrusted') {
        notFor = [...notFor, judged.worker]
        const offers = await engine.offers(order.pool)
        if ('unreachable' in offers) return unavailable(offers.unreachable)
        const isAnyLeft = offers.some(({ worker }) => !notFor.includes(worker))
        if (engine.starts === undefined ? isAnyLeft : notFor.length < refusalsMax) continue
        if (judged.kind === 'untrusted') return unavailable(`${judged.worker} refuses it: ${judged.message}`)
        const { step } = request
        const { worker, differences } = judged
        const why = `no worker computes what this run asks for (worker-differs on ${worker}: ${differences.join('; ')})`
        return err({ failure: { kind: 'worker-differs', step, worker, differences }, why })
      }
      if (judged.kind === 'lost') {
        lost.push(judged.worker)
        watch.onPlace?.({ kind: 'lost', worker: judged.worker, afterMs: judged.afterMs, count: lost.length })
        if (judged.message !== undefined) watch.onWarning(judged.message)
        if (lost.length >= lossesMax) return ok(failed({ kind: 'worker-lost', step: request.step, workers: lost }))
        continue
      }
      repeats += 1
      if (repeats >= repeatsMax) return unavailable(judged.message)
      if (judged.kind !== 'not-transferred') continue
      const again = await sendInputs(store, cache, inputs, { scratch, signal })
      if (!again.ok) return unavailable(`its inputs cannot be sent: ${describeStoreFailure(again.error)}`)
    }
  }

  /** Returns the workers that differ from what an order needs, where others do not: their offers may be old. */
  async #unfit(order: Order, engine: Engine): Promise<readonly string[]> {
    const offers = await this.#offers.of(order.pool, engine)
    const unfit = offers.filter((offer) => misfits(offer, order).length > 0)
    return unfit.length === offers.length ? [] : unfit.map(({ worker }) => worker)
  }

  /** Returns what an order's end means for the step. */
  async #judge(end: OrderEnd, given: Order, asked: Asked): Promise<Judged> {
    const { seal } = given
    if (end.kind === 'gone') {
      const published = await this.#published(asked)
      if (published !== undefined) return { kind: 'ended', end: published }
      return { kind: 'repeat', message: 'its order vanished again and again' }
    }
    if (end.kind === 'lost' && end.why !== undefined) return { ...end, message: `${end.worker}: ${end.why}` }
    if (end.kind !== 'answered') return end
    const { answer, worker } = end
    const problem = answerProblem(given, end, this.#options.workers ?? anySeal)
    // Whoever writes to the orders may have put it there: its worker may have the order still, and answer itself.
    if (problem !== undefined) return { kind: 'repeat', message: `on ${worker}, ${problem}` }
    switch (answer.kind) {
      case 'refused':
        return { kind: 'refused', worker, differences: answer.differences }
      case 'untrusted':
        if (answer.signer === seal?.signer) return { kind: 'untrusted', worker, message: answer.message }
        // Somebody else had given the order, and this run has joined that.
        return { kind: 'repeat', message: `on ${worker}, ${answer.message}` }
      case 'crashed':
        return { kind: 'lost', worker, afterMs: 0, message: answer.message }
      case 'not-transferred':
        return { kind: 'not-transferred', message: `on ${worker}, ${answer.message}` }
      case 'ended':
        return this.#ended(answer.end, worker, asked)
      default:
        return answer satisfies never
    }
  }

  async #ended(end: ExecutionEnd, worker: string, asked: Asked): Promise<Judged> {
    if (end.kind === 'failed') return { kind: 'ended', end }
    // Another run may have cancelled the order that both waited for.
    if (end.kind === 'cancelled') return { kind: 'repeat', message: 'its order was cancelled by another run' }
    // A result that was made anew stays beside the one that the cache keeps: only the answer tells of it.
    const published = asked.request.fresh === true ? await this.#fetched(end, asked) : await this.#published(asked)
    if (published !== undefined) return { kind: 'ended', end: published }
    const { name } = this.#options.cache
    return { kind: 'not-transferred', message: `${worker} says that it is done, but ${name} does not have its result` }
  }

  /** Returns the result that the cache has under the key of a request, when all of it is in the store. */
  async #published(asked: Asked): Promise<ExecutionEnd | undefined> {
    const found = await this.#options.cache.lookup(asked.request.key, { signal: asked.signal })
    const end = found.kind === 'hit' ? executedEndOf(found.record) : undefined
    return end === undefined ? undefined : this.#fetched(end, asked)
  }

  async #fetched(end: ExecutedEnd, { request, signal }: Asked): Promise<ExecutionEnd | undefined> {
    const { cache, scratch } = this.#options
    const declared: StoredArtifact[] = Object.entries(end.outputs).flatMap(([name, artifact]) =>
      request.outputs[name]?.kind === artifact.kind ? [artifact] : [],
    )
    const copied = await copyArtifacts(cache, this.#site.store, declared, { scratch, signal })
    return copied.ok ? end : undefined
  }
}

interface Asked {
  readonly request: ExecutionRequest
  readonly watch: ExecutionWatch
  readonly signal: AbortSignal
}

type Judged =
  | { readonly kind: 'ended'; readonly end: ExecutionEnd }
  | { readonly kind: 'lost'; readonly worker: string; readonly afterMs: number; readonly message?: string }
  | { readonly kind: 'refused'; readonly worker: string; readonly differences: readonly string[] }
  | { readonly kind: 'untrusted'; readonly worker: string; readonly message: string }
  | { readonly kind: 'unreachable' | 'repeat' | 'not-transferred'; readonly message: string }

function failed(failure: Failure): ExecutionEnd {
  return { kind: 'failed', failure, cost: { durationMs: 0 } }
}

function onEvent(event: OrderEvent, { pool }: Order, watch: ExecutionWatch): void {
  switch (event.kind) {
    case 'queued':
      watch.onPlace?.({ kind: 'queued', pool, ...(event.ahead === undefined ? {} : { ahead: event.ahead }) })
      return
    case 'placed':
      watch.onPlace?.({ kind: 'placed', worker: event.worker })
      return
    case 'progress':
      watch.onProgress(event.fraction, event.note)
      return
    case 'log':
      watch.onLog(event.line)
      return
    case 'tool-line':
      watch.onToolLine(event.line)
      return
    case 'warning':
      watch.onWarning(event.line)
      return
    default:
      event satisfies never
  }
}
