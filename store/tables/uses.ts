import type { ActionKey } from '../contract/action-cache.ts'
import { valueOr } from '../disk/io-failure.ts'
import { seal, unseal } from '../lmdb/envelope.ts'
import type { IndexDb } from '../lmdb/index-db.ts'
import { hashKey, sharedHashKey } from '../lmdb/index-keys.ts'
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
  /** Notes a hit now, unless one was noted just before. Written at the next flush. */
  mark(key: ActionKey): void
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

  function stored(key: ActionKey): Use | undefined {
    const bytes = hashKey(key)
    const record = table.peek(bytes)
    return record === undefined ? undefined : decode(bytes, record)
  }

  /** Asked at every hit, so the checksum is left to those who use the numbers. */
  function isJustNoted(key: ActionKey, clockMs: number): boolean {
    const record = valueOr(undefined, () => table.peek(sharedHashKey(key)))
    if (record?.byteLength !== recordBytes) return false
    const { clockMs: beforeMs, hits } = numbersIn(record.subarray(-payloadBytes))
    return hits > 0 && clockMs - beforeMs < resolutionMs
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
    mark(key) {
      const clockMs = clock.nowMs()
      if (!fresh.has(key) && isJustNoted(key, clockMs)) return
      const hits = (fresh.get(key)?.hits ?? 0) + 1
      fresh.set(key, { lastMs: now(), clockMs, hits })
      pending.flushSoon(useDelayMs)
    },
    markNow(key) {
      write(key, { lastMs: now(), clockMs: clock.nowMs(), hits: 0 })
    },
    remove(key) {
      const bytes = hashKey(key)
      fresh.delete(key)
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
