import { lstatSync } from 'node:fs'
import { join } from 'node:path'
import { isHash } from '../contract/digest.ts'
import { namesIn } from '../disk/names-in.ts'
import { removeFile } from '../disk/remove-file.ts'
import { unseal } from '../lmdb/envelope.ts'
import { type TableName, tableNames } from '../lmdb/index-environment.ts'
import type { StoreContext } from '../local/store-context.ts'
import { keyPages } from './key-pages.ts'
import { inWriteLock } from './verify-lock.ts'
import type { DamagedRecords, VerifyReport } from './verify-report.ts'

/** Blobs and actions are checked elsewhere; the records of all other tables are sealed as a whole. */
const rememberedTables = tableNames.filter((name) => name !== 'blobs-1' && name !== 'actions-1')

const keysMax = 2048

/** Checks every record of these tables; a repair removes the damaged ones. */
export async function checkRecords(
  context: StoreContext,
  { repair, signal }: { readonly repair: boolean; readonly signal?: AbortSignal | undefined },
): Promise<readonly DamagedRecords[]> {
  const damage: DamagedRecords[] = []
  for (const table of rememberedTables) {
    let count = 0
    for await (const keys of keyPages(context, table, { keysMax, signal })) {
      const damaged = damagedAmong(context, table, keys)
      if (damaged.length > 0) count += settleRecords(context, table, damaged, repair)
    }
    if (count > 0) damage.push({ kind: 'records', table, count })
  }
  return damage
}

function damagedAmong({ db }: StoreContext, name: TableName, keys: readonly Uint8Array[]): readonly Uint8Array[] {
  const table = db.table(name)
  return keys.filter((key) => {
    const value = table.get(key)
    return value !== undefined && unseal(key, value) === undefined
  })
}

function settleRecords(context: StoreContext, name: TableName, keys: readonly Uint8Array[], repair: boolean): number {
  return inWriteLock(context, () => {
    const damaged = damagedAmong(context, name, keys)
    if (repair) for (const key of damaged) context.db.table(name).remove(key)
    return damaged.length
  })
}

/** Returns how many files in `blobs/` have no record; a repair removes them. */
export async function checkOrphans(
  context: StoreContext,
  { repair, signal }: { readonly repair: boolean; readonly signal?: AbortSignal | undefined },
): Promise<VerifyReport['orphans']> {
  let files = 0
  let bytes = 0
  for (const dir of namesIn(context.layout.blobs).filter((name) => /^[0-9a-f]{2}$/.test(name))) {
    signal?.throwIfAborted()
    context.db.refresh()
    const names = namesIn(join(context.layout.blobs, dir)).filter((name) => isOrphan(context, dir + name))
    if (names.length === 0) continue
    // Under the lock, because a commit renames a file to its place before it writes the record.
    inWriteLock(context, () => {
      for (const name of names) {
        const path = join(context.layout.blobs, dir, name)
        const stats = lstatSync(path, { throwIfNoEntry: false })
        if (stats?.isFile() !== true || !isOrphan(context, dir + name)) continue
        files++
        bytes += stats.size
        if (repair) removeFile(path)
      }
    })
    await new Promise(setImmediate)
  }
  return { files, bytes }
}

function isOrphan({ blobTable }: StoreContext, hash: string): boolean {
  return isHash(hash) && blobTable.entry(hash)?.where !== 'file'
}
