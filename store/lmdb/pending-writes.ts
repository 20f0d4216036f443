import type { StoreFailure } from '../contract/failure.ts'
import { ok, type Result } from '../contract/result.ts'
import { attempt, demandRoom } from '../disk/io-failure.ts'
import type { IndexDb } from './index-db.ts'

/** Something that collects writes in memory until the next flush. */
export interface PendingSource {
  readonly dirty: boolean
  /** Writes what was collected; called inside a write transaction. */
  write(): void
  /** Forgets what was collected, because it is on the disk now. */
  written(): void
}

/** The writes of a store that may wait, so that many of them share one transaction. */
export interface PendingWrites {
  add(source: PendingSource): void
  /** Writes everything that waits into the transaction that is open; call the result once it is committed. */
  include(): () => void
  flush(): Result<void, StoreFailure>
  /** Flushes soon, without being waited for. */
  flushSoon(delayMs: number): void
  stop(): void
}

/** Returns the pending writes of one store. */
export function createPendingWrites(db: IndexDb, dir: string): PendingWrites {
  const sources: PendingSource[] = []
  let timer: NodeJS.Timeout | undefined

  function include(): () => void {
    const dirty = sources.filter((source) => source.dirty)
    for (const source of dirty) source.write()
    return () => {
      for (const source of dirty) source.written()
    }
  }

  function flush(): Result<void, StoreFailure> {
    if (db.readOnly || !sources.some((source) => source.dirty)) return ok(undefined)
    const result = attempt(dir, 'flush', () => {
      demandRoom(dir)
      return db.write(include)
    })
    if (!result.ok) return result
    result.value()
    return ok(undefined)
  }

  return {
    add: (source) => {
      sources.push(source)
    },
    include,
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
