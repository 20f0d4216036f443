import type { StoreFailure } from '../contract/failure.ts'
import { ok, type Result } from '../contract/result.ts'
import { attempt, demandRoom } from '../disk/io-failure.ts'
import type { IndexDb } from './index-db.ts'

/** The writes of a store that may wait, so that many of them share one transaction. */
export interface PendingWrites {
  /**
   * Returns a map whose entries are written down at the next flush, by `write` inside the write transaction, after those
   * of the maps that were made before. The map is emptied when the transaction is on the disk.
   *
   * Where nothing else is to be written, `setAside` may keep the entries elsewhere, and returns whether it did: they are
   * not worth a transaction of their own, for which the disk is waited.
   */
  collect<Key, Value>(
    write: (entries: ReadonlyMap<Key, Value>) => void,
    setAside?: (entries: ReadonlyMap<Key, Value>) => boolean,
  ): Map<Key, Value>
  flush(): Result<void, StoreFailure>
  /** Flushes soon, without being waited for. */
  flushSoon(delayMs: number): void
  stop(): void
}

interface Waiting {
  readonly entries: Pick<Map<unknown, unknown>, 'size' | 'clear'>
  readonly write: () => void
  readonly setAside: (() => boolean) | undefined
}

/** Returns the pending writes of one store. */
export function createPendingWrites(db: IndexDb, dir: string): PendingWrites {
  const all: Waiting[] = []
  let timer: NodeJS.Timeout | undefined

  function flush(): Result<void, StoreFailure> {
    const waiting = all.filter(({ entries }) => entries.size > 0)
    if (db.readOnly || waiting.every(isSetAside)) return ok(undefined)
    const result = attempt(dir, 'flush', () => {
      demandRoom(dir)
      db.write(() => {
        for (const { write } of waiting) write()
      })
    })
    if (result.ok) for (const { entries } of waiting) entries.clear()
    return result
  }

  return {
    collect<Key, Value>(
      write: (entries: ReadonlyMap<Key, Value>) => void,
      setAside?: (entries: ReadonlyMap<Key, Value>) => boolean,
    ) {
      const entries = new Map<Key, Value>()
      all.push({ entries, write: () => write(entries), setAside: setAside && (() => setAside(entries)) })
      return entries
    },
    flush,
    flushSoon(delayMs) {
      if (timer !== undefined || db.readOnly) return
      timer = setTimeout(() => {
        timer = undefined
        // What cannot be written now is kept and tried again at the next flush, whose caller is told.
        flush()
      }, delayMs).unref()
    },
    stop() {
      clearTimeout(timer)
      timer = undefined
    },
  }
}

/** Only one kind of entries can be set aside: where others wait, too, all of them share a transaction. */
function isSetAside({ entries, setAside }: Waiting, _index: number, waiting: readonly Waiting[]): boolean {
  if (waiting.length > 1 || setAside?.() !== true) return false
  entries.clear()
  return true
}
