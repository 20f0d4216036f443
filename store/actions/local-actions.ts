import type { ActionCache } from '../contract/action-cache.ts'
import { isHash, sameDigest } from '../contract/digest.ts'
import { err } from '../contract/result.ts'
import { attempt, ThrownFailure } from '../disk/io-failure.ts'
import type { DailyStats } from '../ledger/day-stats.ts'
import { hashKey } from '../lmdb/index-keys.ts'
import type { StoreContext } from '../local/store-context.ts'
import type { ActionTable } from '../tables/action-table.ts'
import type { Uses } from '../tables/uses.ts'
import type { CommitQueue } from './commit-queue.ts'

interface Options {
  readonly context: StoreContext
  readonly commits: CommitQueue
  readonly actionTable: ActionTable
  readonly uses: Uses
  readonly days: DailyStats
}

/** A step that took no longer may wait for others before its commit: a crash meanwhile loses little. */
const shortMs = 10

export function createLocalActions({ context, commits, actionTable, uses, days }: Options): ActionCache {
  const { db, layout, tombstones, now } = context
  return {
    async commit(record, staged) {
      if (!isHash(record.key)) throw new TypeError(`${record.key} is not an action key`)
      const write = () => {
        for (const { digest } of Object.values(record.result.outputs)) {
          // A staged blob is there by now, or the transaction was aborted.
          if (staged.some((blob) => sameDigest(blob.digest, digest))) continue
          if (context.blobTable.state(digest) !== 'present')
            throw new ThrownFailure({ kind: 'blob-missing', hash: digest.hash })
        }
        actionTable.put(record)
        tombstones.remove(hashKey(record.key))
        uses.markNow(record.key)
      }
      return commits.commit(staged, write, record.result.durationMs < shortMs)
    },
    async remove(keys, by) {
      if (db.readOnly) return err({ kind: 'store-read-only', dir: layout.dir })
      const at = new Date(now()).toISOString()
      return attempt(layout.dir, 'remove actions', () =>
        db.write(() => {
          for (const key of keys) {
            if (!actionTable.has(key)) continue
            actionTable.remove(key)
            uses.remove(key)
            tombstones.put(hashKey(key), { kind: 'evicted', at, by })
          }
        }),
      )
    },
    countHit(key, savedMs) {
      uses.mark(key)
      days.count(key, savedMs)
    },
  }
}
