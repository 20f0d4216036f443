import type { ActionKey } from '../contract/action-cache.ts'
import { valueOr } from '../disk/io-failure.ts'
import { seal, unseal } from '../lmdb/envelope.ts'
import type { IndexDb } from '../lmdb/index-db.ts'
import { hashKey } from '../lmdb/index-keys.ts'
import type { PendingWrites } from '../lmdb/pending-writes.ts'
import type { StoreClock } from './store-clock.ts'

/** When an action was last used, and how often it was a hit. */
export interface Use {
  /** Wall clock, for people. */
  readonly lastMs: number
  /** The store's own clock, for order and age. */
  readonly clockMs: number
  /** Hits of a while ago each, see `resolutionMs`. */
  readonly hits: number
}

/** The uses of actions, kept apart from their records, so that a hit does not rewrite a record. */
export interface Uses {
  get(key: ActionKey): Use | undefined
  /**
   * Notes a use now, unless one was noted just before; `hit` counts it. Written at the next flush. Returns when, by the
   * store's clock, the one that is noted was.
   */
  mark(key: ActionKey, hit: boolean): number
  /** Returns whether what was noted at a moment of the store's clock need not be noted now. */
  isJustNoted(notedMs: number): boolean
  /** Notes a use now, inside a write transaction that also saves the store's clock. */
  markNow(key: ActionKey): void
  remove(key: ActionKey): void
}

interface Options {
  readonly db: IndexDb
  readonly pending: PendingWrites
  readonly now: () => number
  readonly clock: StoreClock
}

/**
 * Uses are on the disk within this time, so that a collector in another process sees what a run relies on: it waits
 * longer than this between choosing what to remove and removing it.
 */
export const useDelayMs = 200

/**
 * A use that comes so soon after the last one is not noted: running a job again at once writes nothing, and the order of
 * eviction is not that fine. Who asks what was used since a moment has to ask from this much earlier.
 */
export const resolutionMs = 10 * 60 * 1000

/** Returns the uses that a store's index keeps. */
export function createUses({ db, pending, now, clock }: Options): Uses {
  const table = db.table('uses-1')
  const fresh = pending.collect<ActionKey, Use>((entries) => {
    for (const [key, use] of entries) write(key, use)
    clock.save()
  })
  /** When, by the store's clock, a key was last marked here and found to be noted: it need not be looked up again. */
  const noted = new Map<ActionKey, number>()

  function stored(key: ActionKey): Use | undefined {
    const bytes = hashKey(key)
    const record = table.peek(bytes)
    return record === undefined ? undefined : decode(bytes, record)
  }

  /** Asked at every hit, so the checksum is left to those who use the numbers. */
  function justNotedMs(key: ActionKey, clockMs: number): number | undefined {
    const notedMs = noted.get(key)
    if (notedMs !== undefined && clockMs - notedMs < resolutionMs) return notedMs
    const record = valueOr(undefined, () => table.peek(hashKey(key)))
    if (record?.byteLength !== recordBytes) return undefined
    const { clockMs: beforeMs, hits } = numbersIn(record.subarray(-payloadBytes))
    if (hits === 0 || clockMs - beforeMs >= resolutionMs) return undefined
    noted.set(key, beforeMs)
    return beforeMs
  }

  function write(key: ActionKey, use: Use): void {
    const bytes = hashKey(key)
    table.put(bytes, encode(bytes, sum(stored(key), use)))
  }

  return {
    get(key) {
      const before = valueOr(undefined, () => stored(key))
      const waiting = fresh.get(key)
      return waiting === undefined ? before : sum(before, waiting)
    },
    mark(key, hit) {
      const clockMs = clock.nowMs()
      const notedMs = fresh.has(key) ? undefined : justNotedMs(key, clockMs)
      if (notedMs !== undefined) return notedMs
      const hits = (fresh.get(key)?.hits ?? 0) + (hit ? 1 : 0)
      fresh.set(key, { lastMs: now(), clockMs, hits })
      pending.flushSoon(useDelayMs)
      return clockMs
    },
    isJustNoted: (notedMs) => clock.nowMs() - notedMs < resolutionMs,
    markNow(key) {
      write(key, { lastMs: now(), clockMs: clock.nowMs(), hits: 0 })
    },
    remove(key) {
      const bytes = hashKey(key)
      fresh.delete(key)
      noted.delete(key)
      if (table.has(bytes)) table.remove(bytes)
    },
  }
}

function sum(before: Use | undefined, use: Use): Use {
  if (before === undefined) return use
  const clockMs = Math.max(use.clockMs, before.clockMs)
  return { lastMs: use.lastMs, clockMs, hits: use.hits + before.hits }
}

const payloadBytes = 24
const recordBytes = seal(new Uint8Array(), new Uint8Array(payloadBytes)).byteLength

function encode(key: Uint8Array, { lastMs, clockMs, hits }: Use): Uint8Array {
  const payload = Buffer.allocUnsafe(payloadBytes)
  payload.writeDoubleLE(lastMs, 0)
  payload.writeDoubleLE(clockMs, 8)
  payload.writeDoubleLE(hits, 16)
  return seal(key, payload)
}

function decode(key: Uint8Array, record: Uint8Array): Use | undefined {
  const payload = unseal(key, record)
  return payload?.byteLength === payloadBytes ? numbersIn(payload) : undefined
}

function numbersIn(payload: Uint8Array): Use {
  const view = new DataView(payload.buffer, payload.byteOffset, payloadBytes)
  return { lastMs: view.getFloat64(0, true), clockMs: view.getFloat64(8, true), hits: view.getFloat64(16, true) }
}
