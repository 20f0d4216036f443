import type { JsonValue } from '../contract/json.ts'
import { isAmount, isObject } from '../contract/json-guards.ts'
import { valueOr } from '../disk/io-failure.ts'
import { ownIdentity } from '../disk/process-identity.ts'
import type { IndexDb } from '../lmdb/index-db.ts'
import { textKey } from '../lmdb/index-keys.ts'
import { putJson, readJson } from '../lmdb/sealed-records.ts'

/** The clocks of the machine; a test gives others. */
export interface Clocks {
  /** Wall clock, in milliseconds since 1970, which anybody may set. */
  readonly wallMs: () => number
  /** Milliseconds since the machine's boot, which nobody can set and all its processes share. */
  readonly monotonicMs: () => number
  readonly bootId: string
}

/** What the store remembers of its own time. */
interface Reading {
  readonly bootId: string
  readonly wallMs: number
  readonly monotonicMs: number
  readonly clockMs: number
}

/**
 * The store's own time, which tells the age of what it holds. It follows the machine's monotonic clock while
 * the machine is up; across a reboot it follows the wall clock, but never backwards and never by more than
 * `longestPauseMs`. So a wall clock that jumps ten years makes nothing old.
 */
export interface StoreClock {
  nowMs(): number
  /** Writes the present reading, inside a write transaction. */
  save(): void
}

const longestPauseMs = 7 * 24 * 3600 * 1000

/** Returns the machine's clocks with that wall clock. */
export function machineClocks(wallMs: () => number): Clocks {
  return {
    wallMs,
    monotonicMs: () => Number(process.hrtime.bigint() / 1_000_000n),
    bootId: ownIdentity().bootId,
  }
}

/** Returns the time of a store. */
export function createStoreClock(db: IndexDb, clocks: Clocks): StoreClock {
  const table = db.table('memos-1')
  const key = textKey('store', 'clock')
  let base: Reading | undefined

  function read(): Reading | undefined {
    return valueOr(undefined, () => parseReading(readJson(table, key)))
  }

  function nowMs(): number {
    base ??= startOf(read(), clocks)
    return base.clockMs + (clocks.monotonicMs() - base.monotonicMs)
  }

  return {
    nowMs,
    save() {
      // Another process may have begun to count from a later moment.
      const clockMs = Math.max(nowMs(), startOf(read(), clocks).clockMs)
      const reading = { bootId: clocks.bootId, wallMs: clocks.wallMs(), monotonicMs: clocks.monotonicMs(), clockMs }
      base = reading
      putJson(table, key, reading)
    },
  }
}

/** Returns the reading at this moment, going on from the one that was saved. */
function startOf(saved: Reading | undefined, { bootId, wallMs, monotonicMs }: Clocks): Reading {
  const now = { bootId, wallMs: wallMs(), monotonicMs: monotonicMs() }
  if (saved === undefined) return { clockMs: now.wallMs, ...now }
  const sameBoot = saved.bootId === bootId && bootId !== '' && now.monotonicMs >= saved.monotonicMs
  const passedMs = sameBoot
    ? now.monotonicMs - saved.monotonicMs
    : Math.min(Math.max(0, now.wallMs - saved.wallMs), longestPauseMs)
  return { clockMs: saved.clockMs + passedMs, ...now }
}

function parseReading(value: JsonValue | undefined): Reading | undefined {
  if (!isObject(value)) return undefined
  const { bootId, wallMs, monotonicMs, clockMs } = value
  if (typeof bootId !== 'string' || typeof wallMs !== 'number') return undefined
  return isAmount(monotonicMs) && isAmount(clockMs) ? { bootId, wallMs, monotonicMs, clockMs } : undefined
}
