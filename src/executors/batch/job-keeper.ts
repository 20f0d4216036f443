import { mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { isRecord } from '../../core/index.ts'
import { randomName } from '../../engine/system/random-name.ts'
import { type Timing, waitFor } from '../../engine/system/timing.ts'
import { parsedJson } from '../contract/messages.ts'
import { type OrdersFolder, readShared, removeShared, writeShared } from '../folder/orders-folder.ts'
import type { JobEnd, SecondWitness } from '../folder/second-witness.ts'
import type { BatchSystem, BatchTask, TaskState } from './batch-system.ts'
import { isTaskId, isTaskName, takerOf, taskOf } from './task-names.ts'

export interface KeeperTimes {
  /** Orders that come within this time are submitted together. */
  readonly collectMs: number
  /** How often the batch system is asked, at first and after a while without news. */
  readonly pollMs: number
  readonly pollMaxMs: number
}

export const keeperTimes: KeeperTimes = { collectMs: 200, pollMs: 5000, pollMaxMs: 30_000 }

export interface KeptJobs {
  readonly pool: string
  readonly folder: OrdersFolder
  readonly system: BatchSystem
  /** How many jobs at once. */
  readonly max: number
  /** Returns the script of a job; undefined where none may be submitted, as by a command that only looks. */
  readonly script: ((task: string) => string) | undefined
  readonly times: KeeperTimes
  readonly timing: Timing
  /** Called with what people should know. */
  readonly onLine: (line: string) => void
}

/** So many jobs that fail before they take an order, one after the other: then no more are submitted. */
const fruitlessMax = 3
/** The files in a folder are looked at so often while orders wait. */
const lookMs = 500
const logTailBytes = 600

interface KeptTask extends BatchTask {
  state: TaskState
  /** When its end was first known. */
  endedAt: number | undefined
  /** Whether its worker has said anything. */
  isSeen: boolean
}

/** The names of jobs. */
interface Present {
  readonly offered: ReadonlySet<string>
  readonly busy: ReadonlySet<string>
}

/**
 * Sees to it that orders of a pool find workers: counts those that wait, and submits as many jobs as lack. What it has
 * submitted is in a folder beside the orders, so that a run that comes back knows of it, too.
 */
export class JobKeeper implements SecondWitness {
  readonly #kept: KeptJobs
  readonly #tasks = new Map<string, KeptTask>()
  readonly #known = new Set<string>()
  readonly #own = new Set<string>()
  #followers = 0
  #over: AbortController | undefined
  #nudge = new AbortController()
  #asking = Promise.resolve()
  #askedAt = Number.NEGATIVE_INFINITY
  #pollMs: number
  #fruitless = 0
  #why: string | undefined
  #isTroubled = false
  #mayNotSubmitBefore = Number.NEGATIVE_INFINITY

  constructor(kept: KeptJobs) {
    this.#kept = kept
    this.#pollMs = kept.times.pollMs
  }

  get dir(): string {
    return join(this.#kept.folder.dir, 'jobs')
  }

  /** Keeps workers coming while some work is done, which gives an order and waits for it. */
  async during<Value>(work: () => Promise<Value>): Promise<Value> {
    if (this.#over === undefined) mkdirSync(this.dir, { recursive: true })
    this.#followers += 1
    if (this.#over === undefined) {
      const over = new AbortController()
      this.#over = over
      this.#why = undefined
      this.#fruitless = 0
      // The loop before it may still wait for the batch system; two at once would submit the same jobs twice.
      this.#asking = this.#asking.then(() => this.#keep(over.signal))
    }
    this.#nudge.abort()
    try {
      return await work()
    } finally {
      this.#followers -= 1
      if (this.#followers === 0) {
        this.#over.abort()
        this.#over = undefined
      }
    }
  }

  endOf(worker: string): JobEnd | undefined {
    const task = this.#tasks.get(taskOf(worker) ?? '')
    if (task === undefined) return undefined
    task.isSeen = true
    if (task.state.kind !== 'over' || task.endedAt === undefined) return undefined
    const { state, because } = task.state
    const { timeoutMs } = this.#kept.system
    const sinceMs = performance.now() - task.endedAt
    return { state, because, sinceMs, ...(timeoutMs === undefined ? {} : { timeoutMs }) }
  }

  end(worker: string, how: 'term' | 'kill'): void {
    const task = this.#tasks.get(taskOf(worker) ?? '')
    if (task !== undefined) void this.#kept.system.cancel([task], how)
    // Its end is looked for at once.
    this.#pollMs = this.#kept.times.pollMs
    this.#nudge.abort()
  }

  whyWaiting(): string | undefined {
    return this.#why
  }

  /** Ends the jobs that this process submitted, or all, where no order is left that they could take. */
  async endUnneeded(whose: 'own' | 'all'): Promise<void> {
    await this.#asking
    const { folder, system } = this.#kept
    if (folder.list('queued').length + folder.list('taken').length > 0) return
    this.#readTasks()
    if (whose === 'all') await this.#ask()
    const meant = [...this.#tasks.values()].filter(
      ({ name, state }) => state.kind !== 'over' && (whose === 'all' || this.#own.has(name)),
    )
    const ended = await system.cancel(meant, 'kill')
    if (ended.ok) for (const { name } of meant) removeShared(join(this.dir, `${name}.json`))
  }

  async #keep(over: AbortSignal): Promise<void> {
    const { times, timing } = this.#kept
    while (!over.aborted) {
      await waitFor(timing, times.collectMs, [over])
      if (over.aborted) return
      try {
        this.#readTasks()
        // Before the ends are judged: a job whose worker was there has not failed before it began.
        const present = this.#look()
        if (performance.now() - this.#askedAt >= this.#pollMs) await this.#ask()
        if (!over.aborted) await this.#submitWhatLacks(present, over)
      } catch (error) {
        this.#trouble(error instanceof Error ? error.message : String(error))
      }
      this.#nudge = new AbortController()
      await waitFor(timing, lookMs, [over, this.#nudge.signal])
    }
  }

  /** Asks for the states of all jobs at once. */
  async #ask(): Promise<void> {
    const { system, times } = this.#kept
    const alive = [...this.#tasks.values()].filter(({ state }) => state.kind !== 'over')
    this.#askedAt = performance.now()
    if (alive.length === 0) return
    const states = await system.states(alive)
    this.#pollMs = Math.min(times.pollMaxMs, this.#pollMs * 1.5)
    if (!states.ok) return this.#trouble(states.error)
    this.#reached()
    for (const task of alive) {
      const state = states.value.get(task.name)
      if (state === undefined || (state.kind === task.state.kind && state.kind !== 'over')) continue
      task.state = state
      this.#pollMs = times.pollMs
      if (state.kind !== 'over') continue
      task.endedAt = performance.now()
      removeShared(join(this.dir, `${task.name}.json`))
      // One of an earlier run may have done all that it was for.
      if (!task.isSeen && state.because !== 'done' && this.#own.has(task.name))
        this.#failedBeforeItBegan(task, state.state)
    }
  }

  #failedBeforeItBegan(task: KeptTask, state: string): void {
    this.#fruitless += 1
    if (this.#fruitless < fruitlessMax) return
    const log = this.#kept.system.log(task, this.dir)
    const said = tailOf(log)
    const rest = said === '' ? '' : `: ${said}`
    this.#why = `its jobs end before they take an order (job ${task.id}: ${state})${rest}; see ${log}`
  }

  /** Returns the jobs whose workers offer themselves and those that have orders, and remembers that they were there. */
  #look(): Present {
    const { folder } = this.#kept
    const offered = folder.list('workers').flatMap((name) => taskOf(name.slice(0, -'.json'.length)) ?? [])
    const busy = folder.list('taken').flatMap((name) => taskOf(takerOf(name)) ?? [])
    for (const name of [...offered, ...busy]) this.#markSeen(name)
    return { offered: new Set(offered), busy: new Set(busy) }
  }

  async #submitWhatLacks({ offered, busy }: Present, signal: AbortSignal): Promise<void> {
    const { folder, system, pool, max, script, onLine } = this.#kept
    if (script === undefined || this.#why !== undefined) return
    const waiting = folder.list('queued').length
    if (waiting === 0 || performance.now() < this.#mayNotSubmitBefore) return
    const alive = [...this.#tasks.values()].filter(({ state }) => state.kind !== 'over')
    // One whose worker was there and is not any more has ended, which the batch system does not say at once.
    const free = alive.filter(({ name, isSeen }) => !busy.has(name) && (!isSeen || offered.has(name)))
    const lacking = Math.min(waiting - free.length, max - free.length - busy.size)
    if (lacking <= 0) return
    const submitted = await system.submit({
      pool,
      count: lacking,
      launch: randomName(8),
      dir: this.dir,
      script,
      signal,
      onTask: (task) => this.#record(task),
    })
    if (!submitted.ok) {
      const { isPassing, message } = submitted.error
      this.#mayNotSubmitBefore = performance.now() + this.#kept.times.pollMs
      this.#trouble(message)
      if (!isPassing && alive.length === 0) this.#why = `its jobs cannot be submitted: ${message}`
      return
    }
    if (submitted.value.length === 0) return
    this.#reached()
    const many = submitted.value.length === 1 ? 'a job' : `${submitted.value.length} jobs, the first is`
    onLine(`pool '${pool}': ${system.name} has got ${many} ${submitted.value[0]?.id ?? ''}`)
    this.#pollMs = this.#kept.times.pollMs
    this.#askedAt = performance.now()
  }

  #record(task: BatchTask): void {
    this.#own.add(task.name)
    this.#add(task)
    writeShared(join(this.dir, `${task.name}.json`), JSON.stringify(task))
  }

  #markSeen(name: string): void {
    const task = this.#tasks.get(name)
    if (task === undefined || task.isSeen) return
    task.isSeen = true
    this.#fruitless = 0
  }

  /** Learns of the jobs that other runs, or earlier ones, have submitted. */
  #readTasks(): void {
    for (const name of this.#kept.folder.list('jobs')) {
      if (!name.endsWith('.json') || this.#known.has(name)) continue
      this.#known.add(name)
      const value = parsedJson(readShared(join(this.dir, name)) ?? '')
      if (!isRecord(value)) continue
      const { name: task, id } = value
      if (typeof task === 'string' && typeof id === 'string' && isTaskName(task) && isTaskId(id))
        this.#add({ name: task, id })
    }
  }

  #add(task: BatchTask): void {
    if (this.#tasks.has(task.name)) return
    this.#tasks.set(task.name, { ...task, state: { kind: 'waiting' }, endedAt: undefined, isSeen: false })
  }

  #trouble(message: string): void {
    if (!this.#isTroubled) this.#kept.onLine(`pool '${this.#kept.pool}': ${message}; tries again`)
    this.#isTroubled = true
  }

  #reached(): void {
    if (this.#isTroubled) this.#kept.onLine(`pool '${this.#kept.pool}': ${this.#kept.system.name} answers again`)
    this.#isTroubled = false
  }
}

function tailOf(path: string): string {
  try {
    return readFileSync(path, 'utf8').slice(-logTailBytes).trim().split('\n').slice(-3).join(' ')
  } catch {
    return ''
  }
}
