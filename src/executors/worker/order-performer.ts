import { mkdirSync } from 'node:fs'
import { hostname } from 'node:os'
import { join } from 'node:path'
import {
  type ActionRecord,
  type CacheStore,
  describeStoreFailure,
  err,
  type LocalStore,
  ok,
  type Result,
} from '../../../store/index.ts'
import { type AnyStage, type Device, normalOutput, outputPath, type Provision } from '../../core/index.ts'
import type { ExecutedEnd, ExecutionRequest } from '../../engine/execute/executor.ts'
import type { RequestPlace } from '../../engine/execute/executor-site.ts'
import { LocalExecutor, type LocalResult } from '../../engine/execute/local-executor.ts'
import { Workspaces } from '../../engine/execute/workspace.ts'
import { Secrets } from '../../engine/key/secrets.ts'
import { Services } from '../../engine/key/services.ts'
import { ToolProbe } from '../../engine/key/tool-probe.ts'
import type { ProcessSupervisor } from '../../engine/process/process.ts'
import { randomName } from '../../engine/system/random-name.ts'
import { removeTree } from '../../engine/system/remove-tree.ts'
import { systemTiming } from '../../engine/system/timing.ts'
import { executedEndOf } from '../contract/executed-end.ts'
import type { Order, OrderAnswer, OrderReport } from '../contract/order.ts'
import { copyArtifacts } from '../transfer/copy-artifacts.ts'
import { deriveAgain, placeInputs } from './order-place.ts'

/** What the worker's project has for an order: its stage, and the services that its config provides. */
export interface FoundStage {
  readonly stage: AnyStage
  readonly services: readonly Provision[]
}

export interface PerformerParts {
  /** The worker's own store, in which inputs stay for the next order. */
  readonly store: LocalStore
  /** Where inputs come from, and results go to. */
  readonly cache: CacheStore
  readonly device: Device
  readonly supervisor: ProcessSupervisor
  /** A directory of this process alone, on a local disk. */
  readonly scratch: string
  /** Returns what the project has for an order, or why it has nothing. */
  readonly find: (order: Order) => Promise<Result<FoundStage, string>>
  readonly warn: (message: string) => void
}

/** How an order is performed. */
export interface PerformOptions {
  /** The GPUs that the stage may use, as `CUDA_VISIBLE_DEVICES` names them. */
  readonly gpus: readonly string[]
  readonly onReport: (report: OrderReport) => void
  readonly signal: AbortSignal
}

const cancelled: OrderAnswer = { kind: 'ended', end: { kind: 'cancelled' }, how: 'executed' }

/**
 * Performs orders in this process, one at a time or several: derives each key again and refuses what differs, fetches the
 * inputs, executes, records the result in its own store, and publishes it before it answers.
 */
export class OrderPerformer {
  readonly #parts: PerformerParts
  readonly #secrets = new Secrets()
  readonly #services = new Map<readonly Provision[], Services>()

  constructor(parts: PerformerParts) {
    this.#parts = parts
  }

  async perform(order: Order, options: PerformOptions): Promise<OrderAnswer> {
    const dir = join(this.#parts.scratch, randomName(12))
    mkdirSync(dir, { recursive: true })
    try {
      return await this.#perform(order, { ...options, dir })
    } catch (error) {
      if (options.signal.aborted && error === options.signal.reason) return cancelled
      throw error
    } finally {
      removeTree(dir)
    }
  }

  /** Closes the clients of services. */
  async close(): Promise<void> {
    for (const services of this.#services.values()) await services.close()
  }

  async #perform(order: Order, options: PerformOptions & { readonly dir: string }): Promise<OrderAnswer> {
    const { store, device } = this.#parts
    const { request } = order
    const found = await this.#parts.find(order)
    if (!found.ok) return { kind: 'refused', differences: [found.error] }
    const services = this.#servicesOf(found.value.services)
    const { stage } = found.value
    // Each order looks at the tools anew: a worker may outlive an upgrade.
    const probe = new ToolProbe(store)
    const tools = await deriveAgain({ store, device, probe }, order, { stage, services })
    if (!tools.ok) return { kind: 'refused', differences: tools.error }
    if (request.fresh !== true) {
      const known = await this.#known(order, options)
      if (known !== undefined) return known
    }
    const inputs = await placeInputs({ ...this.#parts, ...options }, request.inputs)
    if (options.signal.aborted) return cancelled
    if (!inputs.ok) return { kind: 'not-transferred', message: inputs.error }
    const executor = this.#executorFor({ stage, inputs: inputs.value, tools: tools.value }, services, options.dir)
    const asked: ExecutionRequest = { ...request, gpus: options.gpus }
    const end = await executor.execute(asked, watchFor(options.onReport), options.signal)
    if (end.kind !== 'executed') return { kind: 'ended', end, how: 'executed' }
    const result = executor.take(asked)
    if (result === undefined) throw new Error('the executor has lost its result')
    return this.#keep(order, stage, { end, result }, options)
  }

  /** Returns the answer where the result is there already. */
  async #known({ request }: Order, { dir, signal }: { readonly dir: string; readonly signal: AbortSignal }) {
    const { store, cache } = this.#parts
    const there = await cache.lookup(request.key, { signal })
    if (there.kind === 'hit') return cachedAnswer(there.record)
    const here = await store.lookup(request.key)
    if (here.kind !== 'hit') return undefined
    const published = await publish(this.#parts, here.record, { scratch: dir, signal })
    return published.ok ? cachedAnswer(here.record) : undefined
  }

  async #keep(
    { request, pipeline }: Order,
    stage: AnyStage,
    { end, result }: { readonly end: ExecutedEnd; readonly result: LocalResult },
    { dir, signal }: { readonly dir: string; readonly signal: AbortSignal },
  ): Promise<OrderAnswer> {
    const { store } = this.#parts
    const files = Object.entries(stage.outputs).map(([name, declared]) => [
      name,
      outputPath(name, normalOutput(declared)),
    ])
    const record: ActionRecord = {
      key: request.key,
      action: request.action,
      result: { outputs: end.outputs, ...end.cost, ...end.ran, producedAt: new Date().toISOString() },
      labels: { pipeline, step: request.step, job: `worker ${hostname()}`, files: Object.fromEntries(files) },
    }
    if (result.unrecorded !== undefined)
      return { kind: 'not-transferred', message: describeStoreFailure(result.unrecorded) }
    const committed = await store.actions.commit(record, result.staged)
    if (!committed.ok) {
      await store.blobs.discard(result.staged)
      return { kind: 'not-transferred', message: describeStoreFailure(committed.error) }
    }
    const published = await publish(this.#parts, record, { scratch: dir, signal })
    if (published.ok) return { kind: 'ended', end, how: 'executed' }
    return { kind: 'not-transferred', message: `its result cannot be published: ${published.error}` }
  }

  #executorFor(place: RequestPlace, services: Services, dir: string): LocalExecutor {
    const { store, supervisor, warn } = this.#parts
    return new LocalExecutor({
      places: { of: () => place },
      jobDir: dir,
      workspaces: new Workspaces(join(dir, 'work'), dir, warn),
      store,
      supervisor,
      services,
      secrets: this.#secrets,
      timing: systemTiming,
      warn,
    })
  }

  #servicesOf(provisions: readonly Provision[]): Services {
    const known = this.#services.get(provisions) ?? new Services(provisions, this.#secrets)
    this.#services.set(provisions, known)
    return known
  }
}

function cachedAnswer(record: ActionRecord): OrderAnswer | undefined {
  const end = executedEndOf(record)
  return end === undefined ? undefined : { kind: 'ended', end, how: 'cached' }
}

async function publish(
  { store, cache }: Pick<PerformerParts, 'store' | 'cache'>,
  record: ActionRecord,
  options: { readonly scratch: string; readonly signal: AbortSignal },
): Promise<Result<void, string>> {
  const copied = await copyArtifacts(store, cache, Object.values(record.result.outputs), options)
  if (!copied.ok) return err(describeStoreFailure(copied.error))
  const recorded = await cache.record(record, { signal: options.signal })
  return recorded.ok ? ok(undefined) : err(describeStoreFailure(recorded.error))
}

function watchFor(onReport: (report: OrderReport) => void) {
  return {
    onProgress: (fraction: number, note?: string) =>
      onReport({ kind: 'progress', fraction, ...(note === undefined ? {} : { note }) }),
    onLog: (line: string) => onReport({ kind: 'log', line }),
    onToolLine: (line: string) => onReport({ kind: 'tool-line', line }),
    onWarning: (line: string) => onReport({ kind: 'warning', line }),
  }
}
