import { resolve } from 'node:path'
import { createCommitQueue } from './actions/commit-queue.ts'
import { createLocalActions } from './actions/local-actions.ts'
import { createLookup } from './actions/look-up.ts'
import { createTransfers } from './actions/transfers.ts'
import { createLocalBlobs, findMissingBlobs, readBlob } from './blobs/local-blobs.ts'
import type { StoreFailure } from './contract/failure.ts'
import { err, ok, type Result } from './contract/result.ts'
import { type Layout, layoutOf } from './disk/layout.ts'
import { createLocalLeases } from './leases/local-leases.ts'
import { createIndexLedger } from './ledger/index-ledger.ts'
import { createPendingWrites } from './lmdb/pending-writes.ts'
import type { DirectoryStore } from './local/directory-store.ts'
import type { StoreContext } from './local/store-context.ts'
import { type OpenedIndex, openIndex } from './opening/open-index.ts'
import { inspectStoreDir } from './opening/store-format.ts'
import { actionTableOf } from './tables/action-table.ts'
import { blobTableOf } from './tables/blob-table.ts'
import { countCommit } from './tables/commit-count.ts'
import { type Clocks, createStoreClock, machineClocks } from './tables/store-clock.ts'
import { tombstonesOf } from './tables/tombstones.ts'
import { createUses } from './tables/uses.ts'

/**
 * Blobs up to this size live in the index. A durable put of four blobs took, a blob, inline and in files of their own:
 * 0.8 and 8.5 ms for 4 KiB, 0.7 and 5.4 for 32 KiB, 1.5 and 4.8 for 64 KiB, 4.0 and 11.7 for 256 KiB (ext4, a busy
 * disk); materializing took the same. More would be put faster inline, but the index never shrinks again, and only a
 * file can be cloned into a job directory, so the limit is where most of what can be gained is.
 */
const defaultInlineBytesMax = 32 * 1024

export interface OpenStoreOptions {
  /** The store's directory; made when it does not exist. */
  readonly dir: string
  /** Serves hits and records nothing. A store that cannot be written is opened so by itself. */
  readonly readOnly?: boolean
  /** Blobs up to this size live in the index, larger ones in files of their own. */
  readonly inlineBytesMax?: number
  /** Reads the whole index in a child process first, as `verify` does, and rebuilds it where it is damaged. */
  readonly checkIndex?: boolean
  /** Tries in a child process first whether LMDB can have its files where a new store is made. */
  readonly triesFirst?: boolean
  /** Called when opening takes longer than a second, with what is waited for. Without it, other containers are not. */
  readonly onWait?: (what: string) => void
  /** The clock, in milliseconds since 1970. */
  readonly now?: () => number
  /** The machine's other clocks; a test gives its own. */
  readonly clocks?: Partial<Clocks>
}

/** Opens the store in a directory, or makes one there. */
export async function openStore(options: OpenStoreOptions): Promise<Result<DirectoryStore, StoreFailure>> {
  const layout = layoutOf(resolve(options.dir))
  const readOnly = options.readOnly ?? false
  const found = inspectStoreDir(layout, readOnly)
  if (!found.ok) return found
  if (readOnly && found.value === 'nothing') {
    return err({ kind: 'store-absent', dir: layout.dir })
  }
  const { checkIndex: looks = false, triesFirst = false, onWait } = options
  const opened = await openIndex(layout, { exists: found.value === 'store', readOnly, looks, triesFirst, onWait })
  return opened.ok ? ok(assemble(layout, opened.value, options)) : opened
}

function assemble(
  layout: Layout,
  { db, repaired, wasLookedAt, renew }: OpenedIndex,
  options: OpenStoreOptions,
): DirectoryStore {
  const now = options.now ?? Date.now
  const clocks = { ...machineClocks(now), ...options.clocks }
  const clock = createStoreClock(db, clocks)
  const pending = createPendingWrites(db, layout.dir)
  const tombstones = tombstonesOf(db)
  const blobTable = blobTableOf(db, layout, tombstones)
  const inlineBytesMax = options.inlineBytesMax ?? defaultInlineBytesMax
  const ledger = createIndexLedger({ db, layout, pending, blobTable, inlineBytesMax, now })
  const context: StoreContext = {
    layout,
    db,
    indexWasLookedAt: wasLookedAt,
    renewIndex: renew,
    pending,
    tombstones,
    blobTable,
    fileDigests: ledger.fileDigests,
    inlineBytesMax,
    clock,
    now,
  }
  const commits = createCommitQueue(context, () => {
    countCommit(db)
    clock.save()
  })
  const actionTable = actionTableOf(db)
  const uses = createUses({ db, pending, now, clock })
  const leases = createLocalLeases({ db, layout, clocks, clock })
  let closing: Promise<void> | undefined

  async function close(): Promise<void> {
    commits.flush()
    leases.releaseAll()
    pending.flush()
    pending.stop()
    await db.close()
  }

  const blobs = createLocalBlobs(context)
  const actions = createLocalActions({ context, commits, actionTable, uses, days: ledger.days })
  const read: DirectoryStore['read'] = async (digest, { signal } = {}) => {
    signal?.throwIfAborted()
    return readBlob(context, digest)
  }
  const findMissing: DirectoryStore['findMissing'] = async (digests, { signal } = {}) => {
    signal?.throwIfAborted()
    return findMissingBlobs(context, digests)
  }

  const store: DirectoryStore = {
    name: layout.dir,
    dir: layout.dir,
    readOnly: db.readOnly,
    ...(repaired === undefined ? {} : { repaired }),
    findMissing,
    read,
    lookup: createLookup({ context, actionTable, uses, days: ledger.days }),
    ...createTransfers({ blobs, actions, findMissing, read }),
    blobs,
    actions,
    ledger,
    leases,
    context,
    actionTable,
    uses,
    async keepWithin(limits, budgetMs) {
      const { keepWithin } = await import('./upkeep/keep-within.ts')
      return keepWithin(store, limits, budgetMs)
    },
    flush: () => pending.flush(),
    close: () => {
      closing ??= close()
      return closing
    },
  }
  return store
}
