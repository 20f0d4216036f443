import { statSync } from 'node:fs'
import { type BatchJobs, type Device, jobTimeMs, type SlurmJobs, type WorkerJobs } from '../../core/index.ts'
import { shellWord } from '../../core/shell-word.ts'
import { systemTiming } from '../../engine/system/timing.ts'
import type { CancelledOrder, Engine, OrderEvent, StartedWorkers } from '../contract/engine.ts'
import type { Offer } from '../contract/offer.ts'
import type { Order, OrderEnd } from '../contract/order.ts'
import { FolderEngine, type FolderTimes } from '../folder/folder-engine.ts'
import { OrdersFolder } from '../folder/orders-folder.ts'
import type { BatchSystem } from './batch-system.ts'
import { CommandSystem, commandsProblem } from './command-system.ts'
import { JobKeeper, type KeeperTimes, keeperTimes } from './job-keeper.ts'
import { jobScript, type WorkerLaunch } from './job-script.ts'
import { SlurmSystem } from './slurm-system.ts'

/** Where orders of a batch system lie, and what its jobs are like. */
export interface BatchPlace {
  readonly dir: string
  readonly jobs:
    | { readonly kind: 'slurm'; readonly slurm: SlurmJobs }
    | { readonly kind: 'batch'; readonly batch: BatchJobs }
}

export interface BatchOptions {
  readonly times?: FolderTimes & Partial<KeeperTimes>
  /** How workers are started; without it, none is. */
  readonly launch?: WorkerLaunch | undefined
  /** How long a job waits for an order before it ends. */
  readonly idleMs?: number
  readonly onLine?: (line: string) => void
}

const defaultJobs = 100
const defaultIdleMs = 10_000
const halfHourMs = 1_800_000

/** Has a batch system start workers for the orders in a folder, and follows them by the folder and by that system. */
export class BatchEngine implements Engine {
  readonly name: string
  readonly starts: StartedWorkers
  readonly #dir: string
  readonly #folder: FolderEngine
  readonly #system: BatchSystem
  readonly #jobs: WorkerJobs
  readonly #options: BatchOptions
  readonly #keepers = new Map<string, JobKeeper>()

  constructor({ dir, jobs }: BatchPlace, options: BatchOptions = {}) {
    this.#jobs = jobs.kind === 'slurm' ? jobs.slurm : jobs.batch
    const timeoutMs = this.#jobs.time === undefined ? undefined : jobTimeMs(this.#jobs.time)
    this.#system =
      jobs.kind === 'slurm' ? new SlurmSystem(jobs.slurm, timeoutMs) : new CommandSystem(jobs.batch, timeoutMs)
    this.name = `${this.#system.name}, with orders in ${dir}`
    this.#dir = dir
    this.#options = options
    this.#folder = new FolderEngine(dir, options.times, (pool) => this.#keeperOf(pool))
    this.starts = { slots: this.#jobs.jobs ?? defaultJobs, device: deviceOf(jobs) }
  }

  async offers(pool: string): Promise<readonly Offer[] | { readonly unreachable: string }> {
    return this.#folder.offers(pool)
  }

  async perform(order: Order, onEvent: (event: OrderEvent) => void, signal: AbortSignal): Promise<OrderEnd> {
    try {
      statSync(this.#dir)
      const keeper = this.#keeperOf(order.pool)
      return await keeper.during(() => this.#folder.perform(order, onEvent, signal))
    } catch (error) {
      return { kind: 'unreachable', message: error instanceof Error ? error.message : String(error) }
    }
  }

  async cancel(
    pool: string,
    isMeant: (order: Order) => boolean,
    signal: AbortSignal,
  ): Promise<readonly CancelledOrder[] | { readonly unreachable: string }> {
    const keeper = this.#keeperOf(pool)
    const ends = await keeper.during(() => this.#folder.cancel(pool, isMeant, signal))
    if (!('unreachable' in ends)) await keeper.endUnneeded('all')
    return ends
  }

  async close(): Promise<void> {
    await Promise.all([...this.#keepers.values()].map((keeper) => keeper.endUnneeded('own')))
    await this.#folder.close()
  }

  #keeperOf(pool: string): JobKeeper {
    const known = this.#keepers.get(pool) ?? this.#newKeeper(pool)
    this.#keepers.set(pool, known)
    return known
  }

  #newKeeper(pool: string): JobKeeper {
    const { launch, times = {}, onLine = () => {} } = this.#options
    return new JobKeeper({
      pool,
      folder: new OrdersFolder(this.#dir, pool),
      system: this.#system,
      max: this.starts.slots,
      script: launch === undefined ? undefined : (task) => this.#script(launch, pool, task),
      times: { ...keeperTimes, ...times },
      timing: times.timing ?? systemTiming,
      onLine,
    })
  }

  #script(launch: WorkerLaunch, pool: string, task: string): string {
    const { setup = [], env = [], program, store, steps } = this.#jobs
    const takesMs = Math.min(halfHourMs, (this.#system.timeoutMs ?? Number.POSITIVE_INFINITY) / 10)
    // As many steps as there are, in a job that has nearly all of its time for each of them.
    const many = ['--for', `${Math.round(takesMs)}ms`, '--idle', `${this.#options.idleMs ?? defaultIdleMs}ms`]
    const one = ['--once', '--idle', `${this.#options.idleMs ?? defaultIdleMs}ms`]
    // Not on the shared file system, where a store must not be.
    const storeWord = store === undefined ? `"\${TMPDIR:-/tmp}/reprise-store-$(id -u)"` : shellWord(store)
    return jobScript(program === undefined ? launch : { ...launch, program }, {
      task,
      setup,
      passed: env,
      flags: [
        '--pool',
        shellWord(pool),
        '--orders',
        shellWord(this.#dir),
        '--store',
        storeWord,
        ...(steps === 'one' ? one : many),
      ],
    })
  }
}

function deviceOf(jobs: BatchPlace['jobs']): Device {
  if (jobs.kind === 'batch') return jobs.batch.device ?? 'cpu'
  const { device, gres = '' } = jobs.slurm
  return device ?? (/\bgpu\b/.test(gres) ? 'cuda' : 'cpu')
}

/** Opens the side of a run, or says what is wrong with the commands. */
export function openBatchEngine(place: BatchPlace, options: BatchOptions): Engine | { readonly wrong: string } {
  const wrong = place.jobs.kind === 'batch' ? commandsProblem(place.jobs.batch) : undefined
  return wrong === undefined ? new BatchEngine(place, options) : { wrong }
}
