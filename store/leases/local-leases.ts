import { setTimeout as delay } from 'node:timers/promises'
import type { Lease, LeaseHolder, Leases } from '../contract/leases.ts'
import { isSystemError, valueOr } from '../disk/io-failure.ts'
import type { Layout } from '../disk/layout.ts'
import { livenessOf, ownIdentity, type ProcessIdentity, uniqueSuffix } from '../disk/process-identity.ts'
import type { IndexDb } from '../lmdb/index-db.ts'
import type { Clocks, StoreClock } from '../tables/store-clock.ts'
import { type LeaseRecord, leaseTableOf } from './lease-table.ts'

/** A waiter asks again after 20 ms at first, and never waits longer than half a second. */
const firstWaitMs = 20
const longestWaitMs = 500

/**
 * A holder in another pid namespace (a container that shares the store) cannot be asked whether it lives, so every
 * holder renews its leases, and such a one that has not for this long is taken for dead. The clock is the machine's
 * monotonic one, which all processes of one boot share and nobody can set.
 */
const renewEveryMs = 10_000
const silentAfterMs = 60_000

/** A lease that some process holds now. */
export interface HeldLease {
  readonly name: string
  readonly note: string
  readonly acquiredAtMs: number
  /** The store's own clock: what was used since then, the holder may rely on. */
  readonly acquiredClockMs: number
  readonly holder: LeaseHolder
  /** Whether this very store object holds it. */
  readonly own: boolean
}

export interface LocalLeases extends Leases {
  /** Returns the leases that live processes hold. */
  held(prefix?: string): readonly HeldLease[]
  /** Removes what dead processes held and nobody has taken over. */
  forgetDead(): void
  /** Gives back every lease of this store object, and what it keeps open for them. */
  releaseAll(): void
}

interface Options {
  readonly db: IndexDb
  readonly layout: Layout
  readonly clocks: Clocks
  readonly clock: StoreClock
  /** The identity to hold leases under; a test gives another. */
  readonly identity?: ProcessIdentity
}

/**
 * Returns the leases of a store: records in a table that is written under the index's write lock. A lease is worth
 * nothing after the machine's end, so nothing is synced, and taking one waits for no disk.
 */
export function createLocalLeases({ db, layout, clocks, clock, identity = ownIdentity() }: Options): LocalLeases {
  const table = leaseTableOf(layout)
  /** The leases that this object holds, by name. One that could not be written is known to this object alone. */
  const mine = new Map<string, LeaseRecord>()
  let renewal: NodeJS.Timeout | undefined

  function holderOf(name: string): LeaseRecord | undefined {
    const record = table.read(name)
    return record !== undefined && isAlive(record, identity, clocks) ? record : undefined
  }

  function tryAcquire(name: string, note: string): { readonly lease: Lease } | { readonly holder: LeaseHolder } {
    const local = mine.get(name)
    if (local !== undefined) return { holder: holderFrom(local, identity) }
    const record = {
      name,
      note,
      token: uniqueSuffix(),
      acquiredAtMs: clocks.wallMs(),
      acquiredClockMs: clock.nowMs(),
      renewedAtMs: clocks.monotonicMs(),
      // Last, because V8 takes microseconds to add names to a copy, and next to nothing to copy into a literal.
      ...identity,
    }
    const taken = write(record)
    if (typeof taken === 'object') return { holder: holderFrom(taken, identity) }
    // One that could not be written is as good as never renewed: its place may become another's.
    mine.set(name, taken === 'written' ? record : { ...record, renewedAtMs: Number.NEGATIVE_INFINITY })
    renewal ??= setInterval(renew, renewEveryMs).unref()
    return { lease: { release: () => release(record) } }
  }

  /** Writes a lease. Returns who was faster, if anybody was. */
  function write(record: LeaseRecord): LeaseRecord | 'written' | undefined {
    // On a full disk the lease holds inside this process alone: an action may be computed twice, and nothing worse.
    return underLock(() => table.write(record, (held) => !isAlive(held, identity, clocks)) ?? 'written')
  }

  /** Runs `body` while no other process takes, renews or gives back a lease; returns nothing where that cannot be. */
  function underLock<Value>(body: () => Value): Value | undefined {
    if (db.readOnly) return undefined
    try {
      // This needs no room on the disk, and waits for none.
      return db.lock(body)
    } catch (error) {
      if (!isSystemError(error)) throw error
      return undefined
    }
  }

  function release(record: LeaseRecord): void {
    const held = mine.get(record.name)
    if (held?.token !== record.token) return
    mine.delete(record.name)
    if (hasBeenSilent(held)) removeAll([held])
    else removeNow(held)
    if (mine.size === 0) {
      clearInterval(renewal)
      renewal = undefined
    }
  }

  /** A record that cannot be removed is one of a dead holder when this process has ended. */
  function removeNow(record: LeaseRecord): void {
    valueOr(undefined, () => table.remove(record))
  }

  /** Whether the record may be another's meanwhile: nobody takes a lease over that was renewed lately. */
  function hasBeenSilent({ renewedAtMs }: LeaseRecord): boolean {
    return clocks.monotonicMs() - renewedAtMs > silentAfterMs / 2
  }

  function removeAll(records: readonly LeaseRecord[]): void {
    underLock(() => {
      for (const record of records) if (table.read(record.name)?.token === record.token) table.remove(record)
    })
  }

  function renew(): void {
    underLock(() => {
      for (const record of mine.values()) {
        if (table.read(record.name)?.token !== record.token) continue
        const renewed = { ...record, renewedAtMs: clocks.monotonicMs() }
        table.write(renewed)
        mine.set(record.name, renewed)
      }
    })
  }

  return {
    holder(name) {
      const record = holderOf(name) ?? mine.get(name)
      return record === undefined ? undefined : holderFrom(record, identity)
    },
    tryAcquire,
    async acquire(name, note, { signal, onWait } = {}) {
      for (let waitMs = firstWaitMs, told = false; ; waitMs = Math.min(waitMs * 1.5, longestWaitMs)) {
        signal?.throwIfAborted()
        const answer = tryAcquire(name, note)
        if ('lease' in answer) return answer.lease
        if (!told) onWait?.(answer.holder)
        told = true
        await waitFor(waitMs, signal)
      }
    },
    held(prefix = '') {
      return table
        .all()
        .filter((record) => record.name.startsWith(prefix) && isAlive(record, identity, clocks))
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
      removeAll(table.all().filter((record) => !isAlive(record, identity, clocks)))
    },
    releaseAll() {
      const all = [...mine.values()]
      mine.clear()
      if (all.length > 0) removeAll(all)
      clearInterval(renewal)
      renewal = undefined
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

function isAlive(record: LeaseRecord, self: ProcessIdentity, clocks: Clocks): boolean {
  const liveness = livenessOf(record, self)
  if (liveness === 'unknown') return clocks.monotonicMs() - record.renewedAtMs < silentAfterMs
  return liveness === 'alive'
}

function holderFrom(record: LeaseRecord, self: ProcessIdentity): LeaseHolder {
  const { pid, startedAt, bootId, pidNamespace, note } = record
  return { pid, startedAt, bootId, isHere: bootId === self.bootId && pidNamespace === self.pidNamespace, note }
}
