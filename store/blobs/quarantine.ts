import { renameSync } from 'node:fs'
import { join } from 'node:path'
import type { StoreFailure } from '../contract/failure.ts'
import { isSystemError } from '../disk/io-failure.ts'
import { blobPath } from '../disk/layout.ts'
import { makeDirectory } from '../disk/make-directory.ts'
import { hashKey } from '../lmdb/index-keys.ts'
import type { StoreContext } from '../local/store-context.ts'

/**
 * Takes a damaged blob out of use: its file is moved to `quarantine/` for whoever wants to look, its record is
 * dropped, and that it was damaged is remembered until the blob is put again. Returns the failure to report.
 */
export function quarantineBlob(context: StoreContext, hash: string, what: string): StoreFailure {
  const { db, layout, blobTable, tombstones, now } = context
  const failure: StoreFailure = { kind: 'blob-corrupt', hash, what }
  if (db.readOnly) return failure
  try {
    makeDirectory(layout.quarantine, 0o700)
    db.write(() => {
      if (blobTable.entry(hash)?.where === 'file') moveAside(context, hash)
      blobTable.remove(hash)
      tombstones.put(hashKey(hash), { kind: 'corrupt', at: new Date(now()).toISOString(), what })
    })
  } catch (error) {
    // The bytes are not handed out in any case; where nothing can be written, the next reader finds out again.
    if (!isSystemError(error)) throw error
  }
  return failure
}

function moveAside({ layout, clock }: StoreContext, hash: string): void {
  try {
    renameSync(blobPath(layout, hash), join(layout.quarantine, `${hash}.${Math.round(clock.nowMs())}`))
  } catch (error) {
    if (!isSystemError(error)) throw error
  }
}
