import { renameSync } from 'node:fs'
import { join } from 'node:path'
import type { StoreFailure } from '../contract/failure.ts'
import { valueOr } from '../disk/io-failure.ts'
import { blobPath } from '../disk/layout.ts'
import { makeDirectory } from '../disk/make-directory.ts'
import { hashKey } from '../lmdb/index-keys.ts'
import type { StoreContext } from '../local/store-context.ts'

/** What is wrong with a blob whose bytes do not hash to its digest. */
export const wrongBytes = 'its bytes do not match its digest'

/**
 * Takes a damaged blob out of use: moves its file to `quarantine/`, removes its record, and leaves a tombstone until
 * the blob is put again. Returns the failure to report.
 */
export function quarantineBlob(context: StoreContext, hash: string, what: string): StoreFailure {
  const { db, layout, blobTable, tombstones, now } = context
  const failure: StoreFailure = { kind: 'blob-corrupt', hash, what }
  if (db.readOnly) return failure
  // The bytes are not handed out in any case: where the store cannot be written, the next reader finds out again.
  valueOr(undefined, () => {
    makeDirectory(layout.quarantine, 0o700)
    db.write(() => {
      if (blobTable.entry(hash)?.where === 'file') moveAside(context, hash)
      blobTable.remove(hash)
      tombstones.put(hashKey(hash), { kind: 'corrupt', at: new Date(now()).toISOString(), what })
    })
  })
  return failure
}

function moveAside({ layout, clock }: StoreContext, hash: string): void {
  const aside = join(layout.quarantine, `${hash}.${Math.round(clock.nowMs())}`)
  valueOr(undefined, () => renameSync(blobPath(layout, hash), aside))
}
