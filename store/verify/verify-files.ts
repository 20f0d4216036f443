import { lstatSync } from 'node:fs'
import { join } from 'node:path'
import { isHash } from '../contract/digest.ts'
import { namesIn } from '../disk/names-in.ts'
import { removeFile } from '../disk/remove-file.ts'
import { unseal } from '../lmdb/envelope.ts'
import { type TableName, tableNames } from '../lmdb/index-environment.ts'
import type { StoreContext } from '../local/store-context.ts'
import { inWriteLock } from './verify-lock.ts'
import type { DamagedRecords, VerifyReport } from './verify-report.ts'

/** Tables that hold what is only remembered: their records are sealed as a whole, and checked so. */
const rememberedTables = tableNames.filter((name) => name !== 'blobs-1' && name !== 'actions-1')

const pageSize = 2048

/** Checks every record of what the store remembers besides blobs and actions; a repair removes the damaged ones. */
export async function checkRecords(
  context: StoreContext,
  { repair, signal }: { readonly repair: boolean; readonly signal?: AbortSignal | undefined },
): Promise<readonly DamagedRecords[]> {
  const damage: DamagedRecords[] = []
  for (const table of rememberedTables) {
    let count = 0
    for (let after: Uint8Array | undefined; ; ) {
      signal?.throwIfAborted()
      const page = readPage(context, table, after)
      if (page.damaged.length > 0) count += settleRecords(context, table, page.damaged, repair)
      after = page.last
      if (after === undefined) break
      await new Promise(setImmediate)
    }
    if (count > 0) damage.push({ kind: 'records', table, count })
  }
  return damage
}

interface Page {
  readonly damaged: readonly Uint8Array[]
  readonly last: Uint8Array | undefined
}

function readPage({ db }: StoreContext, name: TableName, after: Uint8Array | undefined): Page {
  db.refresh()
  const damaged: Uint8Array[] = []
  let last: Uint8Array | undefined
  let count = 0
  for (const { key, value } of db.table(name).entries(after)) {
    if (after !== undefined && Buffer.compare(key, after) === 0) continue
    // Copied, because the iterator may use the key's memory again.
    last = Uint8Array.from(key)
    if (unseal(key, value) === undefined) damaged.push(last)
    if (++count === pageSize) break
  }
  return { damaged, last }
}

function settleRecords(context: StoreContext, name: TableName, keys: readonly Uint8Array[], repair: boolean): number {
  const table = context.db.table(name)
  return inWriteLock(context, () => {
    const damaged = keys.filter((key) => {
      const value = table.get(key)
      return value !== undefined && unseal(key, value) === undefined
    })
    if (repair) for (const key of damaged) table.remove(key)
    return damaged.length
  })
}

/** Returns what lies among the blob files without a record that refers to it; a repair removes it. */
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
    // A writer renames a file into its place before the record is committed, both within one transaction.
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
