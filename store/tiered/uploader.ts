import { setTimeout as sleep } from 'node:timers/promises'
import type { ActionKey } from '../contract/action-cache.ts'
import { describeStoreFailure, type StoreFailure } from '../contract/failure.ts'
import type { Lease } from '../contract/local/leases.ts'
import type { RemoteNotice, SettleOptions } from '../contract/local/remote-tier.ts'
import type { DirectoryStore } from '../local/directory-store.ts'
import type { RemoteCache } from '../remote/cache/remote-cache.ts'
import type { Breaker } from './breaker.ts'
import { publishResult } from './publish-result.ts'
import { UploadQueue } from './upload-queue.ts'

/** How many results are sent at once; each sends several blobs at once. */
const resultsAtOnce = 2

interface Parts {
  readonly local: DirectoryStore
  readonly remote: RemoteCache
  readonly breaker: Breaker
  readonly tell: (notice: RemoteNotice) => void
}

/**
 * Sends results to a remote beside the run, one process of a store at a time. What is not sent when the run ends stays in
 * the queue: nothing is dropped without a word.
 */
export class Uploader {
  readonly #parts: Parts
  readonly #queue: UploadQueue
  readonly #ending = new AbortController()
  readonly #underWay = new Set<ActionKey>()
  /** What failed in this process is tried again by the next one. */
  readonly #failed = new Set<ActionKey>()
  #working: Promise<void> | undefined
  #isStopped = false
  /** Another process of this store is sending; it looks for what is new until there is nothing more. */
  #isElsewhere = false
  readonly #sent = { results: 0, bytes: 0 }

  constructor(parts: Parts, scope: string) {
    this.#parts = parts
    this.#queue = new UploadQueue(parts.local.dir, parts.remote.name, scope)
  }

  add(key: ActionKey): void {
    const { remote, tell } = this.#parts
    this.#isElsewhere = false
    if (this.#queue.add(key)) this.start()
    else tell({ kind: 'failed', message: `a result could not be noted down to be sent to ${remote.name}` })
  }

  /** Begins to send what is in the queue, if anything is. */
  start(): void {
    if (this.#isStopped || this.#isElsewhere || this.#parts.breaker.isOff) return
    if (this.#working !== undefined || this.#next() === undefined) return
    this.#working = this.#work().finally(() => {
      this.#working = undefined
    })
  }

  async settle({ signal, waitMs = Number.POSITIVE_INFINITY }: SettleOptions): Promise<void> {
    this.start()
    const over = new AbortController()
    const stop = signal === undefined ? over.signal : AbortSignal.any([signal, over.signal])
    const limit = Number.isFinite(waitMs)
      ? sleep(waitMs, undefined, { signal: over.signal }).catch(() => {})
      : undefined
    const aborted = new Promise<void>((resolve) => {
      if (stop.aborted) resolve()
      else stop.addEventListener('abort', () => resolve(), { once: true })
    })
    const end = Promise.race([aborted, ...(limit === undefined ? [] : [limit])]).then(() => 'over' as const)
    while (this.#working !== undefined) {
      if ((await Promise.race([this.#working, end])) === 'over') break
      this.start()
    }
    this.#isStopped = true
    this.#ending.abort(new Error('the run has ended'))
    await this.#working
    over.abort()
    const left = this.#queue.keys().length
    if (this.#sent.results > 0 || left > 0) this.#parts.tell({ kind: 'sent', ...this.#sent, left })
  }

  #next(): ActionKey | undefined {
    return this.#queue.keys().find((key) => !this.#underWay.has(key) && !this.#failed.has(key))
  }

  async #work(): Promise<void> {
    const { leases, dir } = this.#parts.local
    const taken = leases.tryAcquire(`uploads ${this.#queue.id}`, dir)
    if (!('lease' in taken)) {
      this.#isElsewhere = true
      return
    }
    const { lease } = taken
    try {
      await Promise.all(Array.from({ length: resultsAtOnce }, () => this.#sendMany(lease)))
    } finally {
      lease.release()
    }
  }

  async #sendMany(lease: Lease): Promise<void> {
    for (let key = this.#next(); key !== undefined; key = this.#next()) {
      if (this.#isStopped || this.#parts.breaker.isOff || !lease.isHeld()) return
      this.#underWay.add(key)
      try {
        await this.#sendOne(key)
      } catch (error) {
        if (!this.#ending.signal.aborted) throw error
      } finally {
        this.#underWay.delete(key)
      }
    }
  }

  async #sendOne(key: ActionKey): Promise<void> {
    const { local, remote, breaker, tell } = this.#parts
    const done = await publishResult(local, remote, key, { signal: this.#ending.signal })
    if (!done.ok) {
      this.#failed.add(key)
      if (isOfRemote(done.error)) breaker.failed()
      const message = `results are not sent yet: ${describeStoreFailure(done.error)}`
      tell({ kind: 'failed', message, isAway: true })
      return
    }
    breaker.answered()
    this.#queue.remove(key)
    const { value } = done
    if (value.kind === 'left-out')
      tell({ kind: 'failed', message: `a result was not sent to ${remote.name}: ${value.why}` })
    if (value.kind !== 'recorded') return
    this.#sent.results += 1
    this.#sent.bytes += value.bytes
  }
}

function isOfRemote({ kind }: StoreFailure): boolean {
  return ['cache-unavailable', 'store-full', 'transfer-broken'].includes(kind)
}
