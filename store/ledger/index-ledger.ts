import type { Ledger } from '../contract/local/ledger.ts'
import type { Layout } from '../disk/layout.ts'
import type { IndexDb } from '../lmdb/index-db.ts'
import type { PendingWrites } from '../lmdb/pending-writes.ts'
import type { BlobTable } from '../tables/blob-table.ts'
import { createDailyStats, type DailyStats } from './day-stats.ts'
import { createDoneSteps, type DoneStepTable } from './done-steps.ts'
import { createDurations } from './durations.ts'
import { createFileDigests, type FileDigestTable } from './file-digests.ts'
import { createJobMemory } from './job-memory.ts'
import { createMemos } from './memos.ts'

/** The ledger of a store in a directory, with what the store's other parts need besides the contract. */
export interface IndexLedger extends Ledger {
  readonly fileDigests: FileDigestTable
  readonly done: DoneStepTable
  readonly days: DailyStats
}

interface Options {
  readonly db: IndexDb
  readonly layout: Layout
  readonly pending: PendingWrites
  readonly blobTable: BlobTable
  readonly inlineBytesMax: number
  readonly now: () => number
}

/** Returns the ledger that a store's index keeps. */
export function createIndexLedger({ db, layout, pending, blobTable, inlineBytesMax, now }: Options): IndexLedger {
  const done = createDoneSteps({ db, pending, blobTable, inlineBytesMax })
  return {
    fileDigests: createFileDigests({ db, pending, now }),
    jobs: createJobMemory({ db, pending, done, now }),
    done,
    durations: createDurations({ db, pending }),
    memos: createMemos({ db, pending }),
    days: createDailyStats({ db, layout, pending, now }),
  }
}
