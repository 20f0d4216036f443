import type { ActionKey } from './action-cache.ts'
import { seal, unseal } from './envelope.ts'
import type { IndexDb } from './index-db.ts'
import { hashKey } from './index-keys.ts'
import { orElse } from './io-failure.ts'
import type { PendingWrites } from './pending-writes.ts'

/** When an action was last used, and how often it was a hit. */
export interface Use {
  readonly lastMs: number
  readonly hits: number
}

/** The uses of actions, kept apart from their records, so that a hit does not rewrite a record. */
export interface Uses {
  get(key: ActionKey): Use | undefined
  /** Notes a use now; `hit` counts it. Written at the next flush. */
  mark(key: ActionKey, hit: boolean): void
  /** Notes a use now, inside a write transaction. */
  markNow(key: ActionKey): void
  remove(key: ActionKey): void
}

interface Options {
  readonly db: IndexDb
  readonly pending: PendingWrites
  readonly now: () => number
}

/**
 * Uses are on the disk within this time, so that a collector in another process sees what a run relies on: it waits
 * longer than this between choosing what to remove and removing it.
 */
export const useDelayMs = 200

/** Returns the uses that a store's index keeps. */
export function createUses({ db, pending, now }: Options): Uses {
  const table = db.table('uses-1')
  const fresh = new Map<ActionKey, { lastMs: number; hits: number }>()

  function stored(key: ActionKey): Use | undefined {
    const bytes = hashKey(key)
    const record = table.peek(bytes)
    return record === undefined ? undefined : decode(bytes, record)
  }

  pending.add({
    get dirty() {
      return fresh.size > 0
    },
    write() {
      for (const [key, use] of fresh) write(key, use)
    },
    written: () => fresh.clear(),
  })

  function write(key: ActionKey, { lastMs, hits }: Use): void {
    const before = stored(key)
    const bytes = hashKey(key)
    // Never backwards: a clock that was set back must not make what is used look old.
    const last = Math.max(lastMs, before?.lastMs ?? 0)
    table.put(bytes, encode(bytes, { lastMs: last, hits: hits + (before?.hits ?? 0) }))
  }

  return {
    get(key) {
      const before = orElse(undefined, () => stored(key))
      const waiting = fresh.get(key)
      if (waiting === undefined) return before
      return { lastMs: Math.max(waiting.lastMs, before?.lastMs ?? 0), hits: waiting.hits + (before?.hits ?? 0) }
    },
    mark(key, hit) {
      const use = fresh.get(key)
      if (use === undefined) fresh.set(key, { lastMs: now(), hits: hit ? 1 : 0 })
      else {
        use.lastMs = now()
        use.hits += hit ? 1 : 0
      }
      pending.flushSoon(useDelayMs)
    },
    markNow: (key) => write(key, { lastMs: now(), hits: 0 }),
    remove(key) {
      const bytes = hashKey(key)
      if (table.has(bytes)) table.remove(bytes)
    },
  }
}

const payloadBytes = 16

function encode(key: Uint8Array, { lastMs, hits }: Use): Uint8Array {
  const payload = Buffer.allocUnsafe(payloadBytes)
  payload.writeDoubleLE(lastMs, 0)
  payload.writeDoubleLE(hits, 8)
  return seal(key, payload)
}

function decode(key: Uint8Array, record: Uint8Array): Use | undefined {
  const payload = unseal(key, record)
  if (payload?.byteLength !== payloadBytes) return undefined
  const bytes = Buffer.from(payload.buffer, payload.byteOffset, payloadBytes)
  return { lastMs: bytes.readDoubleLE(0), hits: bytes.readDoubleLE(8) }
}
