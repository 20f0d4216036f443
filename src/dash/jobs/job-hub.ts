import type { Result } from '../../../store/index.ts'
import { type Failure, failureMessage } from '../../core/index.ts'
import type { JobEntry } from '../../engine/index.ts'
import { listJobs } from '../../engine/index.ts'
import type { JobRow, JobsAnswer, StreamMessage } from '../api/messages.ts'
import { FollowedJob } from './followed-job.ts'
import { JobModel } from './job-model.ts'
import { jobId, jobRow } from './job-rows.ts'
import type { StoreAccess } from './store-access.ts'

/** How often the leases are asked which jobs run; the logs of these report their changes themselves. */
const lookEveryMs = 500
/** Where there are many jobs, a look may take no more than this part of the time. */
const lookShare = 0.05
/** A job that was started elsewhere is seen after this at the latest. */
const lookAfterMs = 2000
const keptModels = 4

export interface HubOptions {
  readonly store: StoreAccess
  readonly showPath: (path: string) => string
  readonly onMessage: (message: StreamMessage) => void
}

/** All jobs of a store: the list, the jobs that run, and those that are looked at. */
export class JobHub {
  readonly #options: HubOptions
  readonly #closed = new AbortController()
  readonly #followed = new Map<string, FollowedJob>()
  /** Jobs that do not run, as they were last read. */
  readonly #models = new Map<string, { readonly stamp: string; readonly model: JobModel }>()
  #entries: ReadonlyMap<string, JobEntry> = new Map()
  #answer: JobsAnswer = { jobs: [], gone: 0 }
  #told = ''
  #looking: Promise<void> | undefined

  constructor(options: HubOptions) {
    this.#options = options
  }

  /** Looks at the jobs now and again until the hub is closed. */
  async run(): Promise<void> {
    const { signal } = this.#closed
    while (!signal.aborted) {
      const began = performance.now()
      await this.look()
      const tookMs = performance.now() - began
      await pause(Math.min(lookAfterMs, Math.max(lookEveryMs, tookMs / lookShare)), signal)
    }
  }

  /** Brings the list up to date, and says what changed. */
  look(): Promise<void> {
    this.#looking ??= this.#look().finally(() => {
      this.#looking = undefined
    })
    return this.#looking
  }

  jobs(): JobsAnswer {
    return this.#answer
  }

  /** Returns the directory of a job of the list; nothing else can be named. */
  entry(id: string): JobEntry | undefined {
    return this.#entries.get(id)
  }

  /** Returns a job as its page shows it, or why it cannot be shown. */
  async job(id: string): Promise<Result<JobModel, Failure> | undefined> {
    if (!this.#entries.has(id)) await this.look()
    const entry = this.#entries.get(id)
    if (entry === undefined) return undefined
    const followed = this.#followed.get(id)
    if (followed !== undefined) {
      followed.tell()
      return { ok: true, value: followed.model }
    }
    const stamp = stampOf(entry)
    const kept = this.#models.get(id)
    if (kept?.stamp === stamp) return { ok: true, value: kept.model }
    const read = await JobModel.read(entry, this.#options.showPath)
    if (!read.ok) return read
    this.#keep(id, stamp, read.value)
    return read
  }

  async close(): Promise<void> {
    this.#closed.abort()
    await this.#looking
    for (const followed of this.#followed.values()) followed.close()
    for (const { model } of this.#models.values()) model.close()
  }

  #keep(id: string, stamp: string, model: JobModel): void {
    this.#models.get(id)?.model.close()
    this.#models.delete(id)
    this.#models.set(id, { stamp, model })
    for (const [oldest, { model: old }] of this.#models) {
      if (this.#models.size <= keptModels) break
      old.close()
      this.#models.delete(oldest)
    }
  }

  async #look(): Promise<void> {
    const store = await this.#options.store.get()
    if ('problem' in store) this.#answer = { jobs: [], gone: 0, problem: store.problem }
    else {
      const { jobs, gone } = listJobs(store)
      const before = this.#entries
      this.#entries = new Map(jobs.map((entry) => [jobId(entry.jobDir), entry]))
      await this.#follow()
      this.#tellUnseen(before)
      this.#answer = { jobs: [...this.#entries].map(([id, entry]) => this.#rowOf(id, entry)), gone: gone.length }
    }
    const text = JSON.stringify(this.#answer)
    if (text === this.#told) return
    this.#told = text
    this.#options.onMessage({ kind: 'jobs', ...this.#answer })
  }

  /** A run may begin and end between two looks: whoever shows its job reads it anew. */
  #tellUnseen(before: ReadonlyMap<string, JobEntry>): void {
    for (const [id, entry] of this.#entries) {
      const last = before.get(id)
      if (last === undefined || last.state === 'running' || entry.state === 'running') continue
      if (stampOf(last) !== stampOf(entry)) this.#options.onMessage({ kind: 'stale', id })
    }
  }

  #rowOf(id: string, entry: JobEntry): JobRow {
    const model = this.#followed.get(id)?.model ?? this.#keptModel(id, entry)
    return model?.row() ?? jobRow(entry, this.#options.showPath)
  }

  #keptModel(id: string, entry: JobEntry): JobModel | undefined {
    const kept = this.#models.get(id)
    return kept?.stamp === stampOf(entry) ? kept.model : undefined
  }

  async #follow(): Promise<void> {
    for (const [id, entry] of this.#entries) {
      const followed = this.#followed.get(id)
      if (followed !== undefined) followed.model.entry = entry
      const runs = entry.state === 'running'
      if (runs && followed === undefined) await this.#begin(id, entry)
      if (!runs && followed !== undefined) this.#end(id, followed)
    }
    for (const [id, followed] of this.#followed) if (!this.#entries.has(id)) this.#end(id, followed)
  }

  async #begin(id: string, entry: JobEntry): Promise<void> {
    const read = await JobModel.read(entry, this.#options.showPath)
    if (!read.ok || this.#closed.signal.aborted) {
      if (!read.ok) this.#options.onMessage({ kind: 'stale', id, because: failureMessage(read.error) })
      return
    }
    this.#followed.set(id, new FollowedJob(id, read.value, this.#options.onMessage))
    this.#options.onMessage({ kind: 'stale', id })
  }

  #end(id: string, followed: FollowedJob): void {
    followed.close()
    this.#followed.delete(id)
    this.#options.onMessage({ kind: 'stale', id })
  }
}

function stampOf({ state, runs, activeAt }: JobEntry): string {
  return `${state} ${runs} ${activeAt}`
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer)
      signal.removeEventListener('abort', done)
      resolve()
    }
    const timer = setTimeout(done, ms)
    signal.addEventListener('abort', done, { once: true })
    if (signal.aborted) done()
  })
}
