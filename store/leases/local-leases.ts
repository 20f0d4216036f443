import { setTimeout as delay } from 'node:timers/promises'
import type { Lease, LeaseHolder, Leases } from '../contract/local/leases.ts'
import { valueOr } from '../disk/io-failure.ts'
import type { Layout } from '../disk/layout.ts'
import { isPidShared, livenessOf, ownIdentity, type ProcessIdentity, uniqueSuffix } from '../disk/process-identity.ts'
import type { IndexDb } from '../lmdb/index-db.ts'
import type { Clocks, StoreClock } from '../tables/store-clock.ts'
import { type LeaseRecord, leaseTableOf } from './lease-table.ts'

/** The first and the longest pause of a waiter between two attempts. */
const firstWaitMs = 20
const longestWaitMs = 500

/**
 * Every holder renews its leases. One in another pid namespace (a container that shares the store), whose pid cannot be
 * looked up, counts as dead after this long without a renewal, by the monotonic clock that all processes of a boot
 * share.
 */
const renewEveryMs = 10_000
const silentAfterMs = 60_000

/** A lease that a live process holds. */
export interface HeldLease {
  readonly name: string
  readonly note: string
  readonly acquiredAtMs: number
  /** The store's own clock: the holder may need what was used since then. */
  readonly acquiredClockMs: number
  readonly holder: LeaseHolder
  /** Whether this store object holds it. */
  readonly own: boolean
}

export interface LocalLeases extends Leases {
  held(prefix?: string): readonly HeldLease[]
  /** Removes the leases of dead processes. */
  forgetDead(): void
  /** Releases every lease of this store object, and closes its files. */
  releaseAll(): void
}

interface Options {
  readonly db: IndexDb
  readonly layout: Layout
  readonly clocks: Clocks
  readonly clock: StoreClock
  /** The process that holds the leases; a test passes another. */
  readonly identity?: ProcessIdentity
}

/**
 * Returns the leases of a store, kept in a table that is written under the index's write lock. Leases end with the
 * machine's boot, so they are never synced, and taking one does not wait for the disk.
 */
export function createLocalLeases({ db, layout, clocks, clock, identity = ownIdentity() }: Options): LocalLeases {
  const table = leaseTableOf(layout)
  /** The leases that this object holds, by name, also those that could not be written. */
  const mine = new Map<string, LeaseRecord>()
  /** The tokens of those that could not be written. */
  const unwritten = new Set<string>()
  /** Leases whose age cannot be told by this process's clock: when their last renewal was first seen. */
  const seen = new Map<string, { readonly renewedAtMs: number; readonly atMs: number }>()
  let renewal: NodeJS.Timeout | undefined

  function tryAcquire(name: string, note: string): { readonly lease: Lease } | { readonly holder: LeaseHolder } {
    const own = mine.get(name)
    if (own !== undefined) return { holder: holderFrom(own, identity) }
    const record: LeaseRecord = {
      ...identity,
      name,
      note,
      token: uniqueSuffix(),
      acquiredAtMs: clocks.wallMs(),
      acquiredClockMs: clock.nowMs(),
      renewedAtMs: clocks.monotonicMs(),
    }
    let isWritten = false
    const holder = underLock(() => {
      const found = table.take(record, isAlive)
      isWritten = found === undefined
      return found
    })
    if (holder !== undefined) return { holder: holderFrom(holder, identity) }
    mine.set(name, record)
    if (!isWritten) unwritten.add(record.token)
    renewal ??= setInterval(renew, renewEveryMs).unref()
    return { lease: { isHeld: () => isHeld(record), release: () => release(record) } }
  }

  /**
   * Runs `body` while no other process takes, renews or releases a lease. Returns undefined where that fails, as in a
   * read-only store or on a full disk: a lease then excludes only the users of this object.
   */
  function underLock<Value>(body: () => Value): Value | undefined {
    return db.readOnly ? undefined : valueOr(undefined, () => db.lock(body))
  }

  function isHeld({ name, token }: LeaseRecord): boolean {
    const record = mine.get(name)
    if (record?.token !== token) return false
    // Nobody takes a lease that was renewed a moment ago.
    if (clocks.monotonicMs() - record.renewedAtMs >= silentAfterMs / 2) renew()
    return mine.get(name)?.token === token
  }

  function isAlive(record: LeaseRecord): boolean {
    const liveness = livenessOf(record, identity)
    if (liveness !== 'unknown') return liveness === 'alive'
    const nowMs = clocks.monotonicMs()
    const { token, renewedAtMs } = record
    if (renewedAtMs <= nowMs) return nowMs - renewedAtMs < silentAfterMs
    // The clock of another boot, or of a container with a clock of its own: it is watched for as long.
    if (seen.get(token)?.renewedAtMs !== renewedAtMs) seen.set(token, { renewedAtMs, atMs: nowMs })
    return nowMs - (seen.get(token)?.atMs ?? nowMs) < silentAfterMs
  }

  function release(record: LeaseRecord): void {
    if (mine.get(record.name)?.token !== record.token) return
    mine.delete(record.name)
    unwritten.delete(record.token)
    underLock(() => table.remove(record))
    if (mine.size === 0) stopRenewal()
  }

  function renew(): void {
    underLock(() => {
      for (const record of [...mine.values()]) {
        if (unwritten.has(record.token)) continue
        const found = table.read(record.name)
        // Another process has taken it over. One that was only forgotten is written again.
        if (found !== undefined && found.token !== record.token) {
          mine.delete(record.name)
          continue
        }
        const renewed = { ...record, renewedAtMs: clocks.monotonicMs() }
        table.write(renewed)
        mine.set(record.name, renewed)
      }
    })
  }

  function stopRenewal(): void {
    clearInterval(renewal)
    renewal = undefined
  }

  return {
    holder(name) {
      const found = table.read(name)
      const record = found !== undefined && isAlive(found) ? found : mine.get(name)
      return record === undefined ? undefined : holderFrom(record, identity)
    },
    tryAcquire,
    async acquire(name, note, { signal, onWait } = {}) {
      for (let waitMs = firstWaitMs, isTold = false; ; waitMs = Math.min(waitMs * 1.5, longestWaitMs)) {
        signal?.throwIfAborted()
        const answer = tryAcquire(name, note)
        if ('lease' in answer) return answer.lease
        if (!isTold) onWait?.(answer.holder)
        isTold = true
        await waitFor(waitMs, signal)
      }
    },
    held(prefix = '') {
      return table
        .all()
        .filter((record) => record.name.startsWith(prefix) && isAlive(record))
        .map((record) => ({
          name: record.name,
          note: record.note,
          acquiredAtMs: record.acquiredAtMs,
          acquiredClockMs: record.acquiredClockMs,
          own: mine.get(record.name)?.token === record.token,
          holder: holderFrom(record, identity),
        }))
    },
    forgetDead() {
      underLock(() => {
        for (const record of table.all()) if (!isAlive(record)) table.remove(record)
      })
    },
    releaseAll() {
      const all = [...mine.values()]
      mine.clear()
      if (all.length > 0) {
        underLock(() => {
          for (const record of all) table.remove(record)
        })
      }
      stopRenewal()
      table.close()
    },
  }
}

/** Rejects with the signal's own reason, which `timers/promises` wraps. */
async function waitFor(waitMs: number, signal: AbortSignal | undefined): Promise<void> {
  try {
    await delay(waitMs, undefined, signal === undefined ? {} : { signal })
  } catch (error) {
    signal?.throwIfAborted()
    throw error
  }
}

function holderFrom(record: LeaseRecord, self: ProcessIdentity): LeaseHolder {
  const { pid, startedAt, bootId, note } = record
  return { pid, startedAt, bootId, isHere: isPidShared(record, self), note }
}
