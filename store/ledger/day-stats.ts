import type { ActionKey } from '../contract/action-cache.ts'
import type { JsonValue } from '../contract/json.ts'
import { isAmount, isObject } from '../contract/json-guards.ts'
import type { DayStats, Days } from '../contract/local/ledger.ts'
import { valueOr } from '../disk/io-failure.ts'
import type { Layout } from '../disk/layout.ts'
import { unsealJson } from '../lmdb/envelope.ts'
import type { IndexDb } from '../lmdb/index-db.ts'
import type { PendingWrites } from '../lmdb/pending-writes.ts'
import { putJson, readJson } from '../lmdb/sealed-records.ts'
import { addToTally, readTally, takeTally } from './tally.ts'

/** The look-ups, and what counts them. */
export interface DailyStats extends Days {
  /** Counts a look-up; only the first of an action, because a run may ask again when it waits for another. */
  count(key: ActionKey, savedMs: number | undefined): void
}

const daysMax = 90

interface Options {
  readonly db: IndexDb
  readonly layout: Layout
  readonly pending: PendingWrites
  readonly now: () => number
}

/** Returns the look-ups that a store's index counts, day by day. */
export function createDailyStats({ db, layout: { tally }, pending, now }: Options): DailyStats {
  const table = db.table('days-1')
  const fresh = pending.collect<string, DayStats>(
    () => {
      for (const stats of tallied(takeTally(tally))) fresh.set(stats.day, sum(fresh.get(stats.day), stats))
      for (const [day, stats] of fresh) putJson(table, Buffer.from(day), { ...sum(stored(day), stats) })
    },
    // A run with nothing to do has nothing else to write. Under the lock, nobody takes what is in the file meanwhile.
    (entries) =>
      valueOr(false, () =>
        db.lock(() =>
          addToTally(
            tally,
            [...entries.values()].map((stats) => ({ ...stats })),
          ),
        ),
      ),
  )

  function stored(day: string): DayStats | undefined {
    return parseDay(readJson(table, Buffer.from(day)))
  }

  return {
    count: counterOf(fresh, now),
    recent() {
      const days = valueOr([], () => [...table.entries()]).map(({ key, value }) => parseDay(unsealJson(key, value)))
      const byDay = new Map<string, DayStats>()
      for (const stats of [...days, ...tallied(readTally(tally)), ...fresh.values()]) {
        if (stats !== undefined) byDay.set(stats.day, sum(byDay.get(stats.day), stats))
      }
      return [...byDay.values()].sort((a, b) => (a.day < b.day ? -1 : 1)).slice(-daysMax)
    },
  }
}

/** Returns what counts look-ups into a map of days. */
export function counterOf(days: Map<string, DayStats>, now: () => number): DailyStats['count'] {
  const counted = new Set<ActionKey>()
  return (key, savedMs) => {
    if (counted.has(key)) return
    counted.add(key)
    const day = dayOf(now())
    const one = {
      day,
      hits: savedMs === undefined ? 0 : 1,
      misses: savedMs === undefined ? 1 : 0,
      savedMs: savedMs ?? 0,
    }
    days.set(day, sum(days.get(day), one))
  }
}

const dayMs = 24 * 3600 * 1000
let lastDay = { number: -1, text: '' }

/** Asked for each look-up, and the same for a day. */
function dayOf(ms: number): string {
  const number = Math.floor(ms / dayMs)
  if (number !== lastDay.number) lastDay = { number, text: new Date(ms).toISOString().slice(0, 10) }
  return lastDay.text
}

function sum(before: DayStats | undefined, stats: DayStats): DayStats {
  if (before === undefined) return stats
  const { day, hits, misses, savedMs } = stats
  return { day, hits: hits + before.hits, misses: misses + before.misses, savedMs: savedMs + before.savedMs }
}

function tallied(lines: readonly JsonValue[]): readonly DayStats[] {
  return lines.flatMap((line) => parseDay(line) ?? [])
}

function parseDay(value: JsonValue | undefined): DayStats | undefined {
  if (!isObject(value)) return undefined
  const { day, hits, misses, savedMs } = value
  if (typeof day !== 'string' || !isAmount(hits) || !isAmount(misses) || !isAmount(savedMs)) return undefined
  return { day, hits, misses, savedMs }
}
