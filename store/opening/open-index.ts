import { readdirSync } from 'node:fs'
import type { StoreFailure } from '../contract/failure.ts'
import type { IndexRepair } from '../contract/local/local-store.ts'
import { err, ok, type Result } from '../contract/result.ts'
import { demandRoom, errorCode, isSystemError, storeIoFailure, valueOr } from '../disk/io-failure.ts'
import type { Layout } from '../disk/layout.ts'
import { type IndexDb, openIndexDb } from '../lmdb/index-db.ts'
import { checkIndex, createIndexStamp, type IndexStamp } from './index-check.ts'
import { makeIndexFiles } from './new-index-files.ts'
import { rebuildIndex } from './rebuild-index.ts'
import { whileRebuilding } from './rebuild-lock.ts'
import { createStoreDir } from './store-format.ts'

/** An index that is open, and what had to be done to it before. */
export interface OpenedIndex {
  readonly db: IndexDb
  readonly repaired?: IndexRepair
}

/** Errors of a store that is there and may only be read. */
const unwritable = ['EACCES', 'EROFS', 'EPERM', '13', '30', '1']

/**
 * Opens the index of the store, which `exists` or is to be made. One that cannot be written is opened for reading; a
 * damaged one is moved aside and rebuilt.
 */
export async function openIndex(
  layout: Layout,
  exists: boolean,
  readOnly: boolean,
): Promise<Result<OpenedIndex, StoreFailure>> {
  try {
    if (!exists) createStoreDir(layout)
    const state = checkIndex(layout)
    if (state.kind === 'damaged' || (exists && state.kind === 'absent' && hasBlobs(layout))) {
      return await openDamaged(layout, readOnly)
    }
    if (state.kind === 'absent' && !readOnly) demandRoom(layout.dir)
    const stamp = createIndexStamp(layout)
    const db = openStamped(layout, readOnly, stamp)
    if (state.kind !== 'untouched' && !readOnly) stamp.note()
    return ok({ db })
  } catch (error) {
    if (!isSystemError(error)) throw error
    if (exists && !readOnly && unwritable.includes(errorCode(error))) return openIndex(layout, exists, true)
    return err(storeIoFailure(layout.dir, 'open', error))
  }
}

function openStamped(layout: Layout, readOnly: boolean, stamp: IndexStamp): IndexDb {
  if (!readOnly) makeIndexFiles(layout)
  const db = openIndexDb(layout.index, { readOnly, written: () => stamp.note() })
  return {
    ...db,
    async close() {
      await db.close()
      stamp.close()
    },
  }
}

async function openDamaged(layout: Layout, readOnly: boolean): Promise<Result<OpenedIndex, StoreFailure>> {
  if (readOnly) {
    const reason = "its index is damaged; any command that may write, such as 'reprise cache verify', rebuilds it"
    return err({ kind: 'store-refused', dir: layout.dir, reason })
  }
  return whileRebuilding(layout, () => {
    // Another process may have rebuilt it while this one waited.
    const state = checkIndex(layout)
    const stamp = createIndexStamp(layout)
    if (state.kind === 'sound' || state.kind === 'untouched') return ok({ db: openStamped(layout, false, stamp) })
    const problems = state.kind === 'damaged' ? state.problems : ['it is gone']
    const repaired = rebuildIndex(layout, problems, () => openStamped(layout, false, stamp))
    stamp.note()
    return ok(repaired)
  })
}

function hasBlobs({ blobs }: Layout): boolean {
  return valueOr([], () => readdirSync(blobs)).length > 0
}
