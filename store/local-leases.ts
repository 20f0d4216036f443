import { setTimeout as delay } from 'node:timers/promises'
import { sealJson, unsealJson } from './envelope.ts'
import type { IndexDb, Table } from './index-db.ts'
import { textKey } from './index-keys.ts'
import { isSystemError } from './io-failure.ts'
import type { JsonValue } from './json.ts'
import { isAmount, isCount, isObject } from './json-guards.ts'
import type { PendingWrites } from './pending-writes.ts'
import { livenessOf, ownIdentity, type ProcessIdentity, uniqueSuffix } from './process-identity.ts'
import type { Lease, LeaseHolder, Leases } from './store.ts'
import type { Clocks, StoreClock } from './store-clock.ts'

/** A waiter asks again after 20 ms at first, and never waits longer than half a second. */
const firstWaitMs = 20
const longestWaitMs = 500

/** How long a lease that was given back may stay in the index: waiters poll no faster than this. */
const releaseDelayMs = 10

/**
 * A holder in another pid namespace (a container that shares the store) cannot be asked whether it lives, so every
 * holder renews its leases, and such a one that has not for this long is taken for dead. The clock is the machine's
 * monotonic one, which all processes of one boot share and nobody can set.
 */
const renewEveryMs = 10_000
const silentAfterMs = 60_000

interface LeaseRecord extends ProcessIdentity {
  readonly name: string
  readonly note: string
  readonly token: string
  /** Wall clock, for people and for the order of runs. */
  readonly acquiredAtMs: number
  /** The store's own clock. */
  readonly acquiredClockMs: number
  /** Monotonic clock. */
  readonly renewedAtMs: number
}

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
  held(): readonly HeldLease[]
  /** Gives back every lease of this store object. */
  releaseAll(): void
}

interface Options {
  readonly db: IndexDb
  readonly pending: PendingWrites
  readonly clocks: Clocks
  readonly clock: StoreClock
  /** The identity to hold leases under; a test gives another. */
  readonly identity?: ProcessIdentity
}

/** Returns the leases that are kept in a store's index. */
export function createLocalLeases({ db, pending, clocks, clock, identity = ownIdentity() }: Options): LocalLeases {
  const table = db.table('leases-1')
  /** The leases that this object holds, by token. */
  const mine = new Map<string, LeaseRecord>()
  /** Given back, and not yet removed from the index. */
  const released = new Map<string, LeaseRecord>()
  let renewal: NodeJS.Timeout | undefined

  pending.add({
    get dirty() {
      return released.size > 0
    },
    write() {
      for (const record of released.values()) {
        const key = textKey(record.name)
        if (readLease(table, key)?.token === record.token) table.remove(key)
      }
    },
    written: () => released.clear(),
  })

  function holderOf(key: Uint8Array): LeaseRecord | undefined {
    const record = readLease(table, key)
    if (record === undefined || released.has(record.token)) return undefined
    return isAlive(record, identity, clocks) ? record : undefined
  }

  function asHolder(record: LeaseRecord): LeaseHolder {
    return holderFrom(record, identity)
  }

  function tryAcquire(name: string, note: string): { readonly lease: Lease } | { readonly holder: LeaseHolder } {
    const key = textKey(name)
    db.refresh()
    const current = holderOf(key) ?? localHolder(mine, name)
    if (current !== undefined) return { holder: asHolder(current) }
    const token = uniqueSuffix()
    const acquired = { acquiredAtMs: clocks.wallMs(), acquiredClockMs: clock.nowMs() }
    const record = { ...identity, name, note, token, ...acquired, renewedAtMs: clocks.monotonicMs() }
    const other = write(key, record)
    if (other !== undefined) return { holder: asHolder(other) }
    mine.set(token, record)
    renewal ??= setInterval(renew, renewEveryMs).unref()
    return { lease: { release: () => release(token) } }
  }

  /** Returns who was faster, if anybody was. */
  function write(key: Uint8Array, record: LeaseRecord): LeaseRecord | undefined {
    if (db.readOnly) return undefined
    try {
      return db.write(() => {
        const other = holderOf(key)
        if (other === undefined) table.put(key, sealJson(key, { ...record }))
        return other
      })
    } catch (error) {
      if (!isSystemError(error)) throw error
      // On a full disk the lease holds inside this process alone: an action may be computed twice, and nothing worse.
      return undefined
    }
  }

  function release(token: string): void {
    const record = mine.get(token)
    if (record === undefined) return
    mine.delete(token)
    released.set(token, record)
    pending.flushSoon(releaseDelayMs)
    if (mine.size === 0) {
      clearInterval(renewal)
      renewal = undefined
    }
  }

  function renew(): void {
    if (db.readOnly) return
    try {
      db.write(() => {
        for (const record of mine.values()) {
          const key = textKey(record.name)
          if (readLease(table, key)?.token !== record.token) continue
          table.put(key, sealJson(key, { ...record, renewedAtMs: clocks.monotonicMs() }))
        }
      })
    } catch (error) {
      if (!isSystemError(error)) throw error
    }
  }

  return {
    holder(name) {
      db.refresh()
      const record = holderOf(textKey(name)) ?? localHolder(mine, name)
      return record === undefined ? undefined : asHolder(record)
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
    held() {
      db.refresh()
      const held: HeldLease[] = []
      for (const { key, value } of table.entries()) {
        const record = parseLease(unsealJson(key, value))
        if (record === undefined || released.has(record.token) || !isAlive(record, identity, clocks)) continue
        held.push({
          name: record.name,
          note: record.note,
          acquiredAtMs: record.acquiredAtMs,
          acquiredClockMs: record.acquiredClockMs,
          own: mine.has(record.token),
          holder: asHolder(record),
        })
      }
      return held
    },
    releaseAll() {
      for (const token of [...mine.keys()]) release(token)
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

/** A lease that could not be written is known to this object alone. */
function localHolder(mine: ReadonlyMap<string, LeaseRecord>, name: string): LeaseRecord | undefined {
  for (const record of mine.values()) if (record.name === name) return record
  return undefined
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

function readLease(table: Table, key: Uint8Array): LeaseRecord | undefined {
  const value = table.peek(key)
  return value === undefined ? undefined : parseLease(unsealJson(key, value))
}

function parseLease(value: JsonValue | undefined): LeaseRecord | undefined {
  if (!isObject(value)) return undefined
  const { name, note, token, pid, startedAt, bootId, pidNamespace, acquiredAtMs, renewedAtMs } = value
  const { acquiredClockMs } = value
  if (typeof name !== 'string' || typeof note !== 'string' || typeof token !== 'string') return undefined
  if (typeof startedAt !== 'string' || typeof bootId !== 'string' || typeof pidNamespace !== 'string') return undefined
  if (!isCount(pid) || !isAmount(acquiredAtMs) || !isAmount(renewedAtMs) || !isAmount(acquiredClockMs)) return undefined
  return { name, note, token, pid, startedAt, bootId, pidNamespace, acquiredAtMs, acquiredClockMs, renewedAtMs }
}
