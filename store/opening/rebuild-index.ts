import { closeSync, openSync, readdirSync, renameSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { isHash } from '../contract/digest.ts'
import type { IndexRepair } from '../contract/local/local-store.ts'
import { isSystemError, valueOr } from '../disk/io-failure.ts'
import type { Layout } from '../disk/layout.ts'
import { makeDirectory } from '../disk/make-directory.ts'
import { unseal } from '../lmdb/envelope.ts'
import type { IndexDb } from '../lmdb/index-db.ts'
import { type TableName, tableNames } from '../lmdb/index-environment.ts'
import { blobTableOf, isContentOf, sealedHeaderBytes } from '../tables/blob-table.ts'
import { renewRemovalMark } from '../tables/removal-mark.ts'
import { forgetCounted } from '../tables/size-count.ts'
import { dataPath } from './index-check.ts'
import { LmdbDamage, readSnapshot } from './lmdb-file.ts'
import { type FileRecord, walkFile } from './lmdb-walk.ts'
/** The name of the memo that says when an index was rebuilt, in ISO 8601: what is missing since may have been lost. */
export const indexRebuiltMemo = 'index rebuilt'

/** Tells what became of a damaged index, in a line. */
export function describeIndexRepair(dir: string, repair: IndexRepair): string {
  const { problems, movedTo, actions, adoptedBlobs } = repair
  const kept = `kept ${actions} actions, found ${adoptedBlobs} more blobs`
  const where = movedTo === undefined ? '' : `; the old one is ${movedTo}`
  return `the index of the store ${dir} was damaged (${problems[0] ?? 'it was missing'}) and has been rebuilt: ${kept}; other results are recovered from job directories when the jobs run again${where}`
}

/** Records in one transaction. */
const recordsAtOnce = 2000

/**
 * Moves a damaged index aside and makes a new one of what can be told to be right: the records whose checksums hold,
 * and the files of the blobs, whose names say what must be in them. Throws system errors.
 */
export function rebuildIndex(
  layout: Layout,
  problems: readonly string[],
  openNew: () => IndexDb,
): { readonly db: IndexDb; readonly repaired: IndexRepair } {
  const movedTo = moveAside(layout)
  makeDirectory(layout.index, 0o700)
  const db = openNew()
  try {
    const taken =
      movedTo === undefined ? { records: 0, actions: 0 } : takeOver(db, dataPath({ ...layout, index: movedTo }))
    const adoptedBlobs = adoptBlobs(db, layout)
    db.write(() => {
      forgetCounted(db)
      // What could not be taken over is as good as removed.
      renewRemovalMark(db)
    })
    const repaired = { problems, ...(movedTo === undefined ? {} : { movedTo }), ...taken, adoptedBlobs }
    return { db, repaired }
  } catch (error) {
    void db.close()
    throw error
  }
}

function moveAside({ index, quarantine }: Layout): string | undefined {
  const target = join(quarantine, `index.${Date.now()}`)
  try {
    makeDirectory(quarantine, 0o700)
    renameSync(index, target)
    return target
  } catch (error) {
    if (!isSystemError(error) || statSync(index, { throwIfNoEntry: false }) !== undefined) throw error
    return undefined
  }
}

function takeOver(db: IndexDb, path: string): Pick<IndexRepair, 'records' | 'actions'> {
  const fd = valueOr(undefined, () => openSync(path, 'r'))
  if (fd === undefined) return { records: 0, actions: 0 }
  const batch = new Batch(db)
  try {
    walkFile(fd, readSnapshot(fd), {
      values: true,
      record: (record) => batch.add(record),
      // It has been told before.
      damage: () => {},
    })
  } catch (error) {
    if (!(error instanceof LmdbDamage)) throw error
  } finally {
    closeSync(fd)
  }
  batch.write()
  return { records: batch.records, actions: batch.actions }
}

const takenTables: ReadonlySet<string> = new Set(tableNames)

function isTaken(table: string): table is TableName {
  return takenTables.has(table)
}

class Batch {
  records = 0
  actions = 0
  readonly #db: IndexDb
  #waiting: (FileRecord & { readonly table: TableName })[] = []

  constructor(db: IndexDb) {
    this.#db = db
  }

  add({ table, key, value }: FileRecord): void {
    if (!isTaken(table) || !isRight(table, key, value)) return
    this.#waiting.push({ table, key, value })
    if (this.#waiting.length >= recordsAtOnce) this.write()
  }

  write(): void {
    const records = this.#waiting
    this.#waiting = []
    this.#db.write(() => {
      for (const { table, key, value } of records) this.#db.table(table).put(key, value)
    })
    this.records += records.length
    this.actions += records.filter(({ table }) => table === 'actions-1').length
  }
}

function isRight(table: TableName, key: Buffer, value: Buffer): boolean {
  if (table !== 'blobs-1') return unseal(key, value) !== undefined
  if (unseal(key, value.subarray(0, sealedHeaderBytes)) === undefined) return false
  const bytes = value.subarray(sealedHeaderBytes)
  if (bytes.length === 0 && value[17] === 2) return true
  return isContentOf(bytes, { hash: key.toString('hex'), sizeBytes: bytes.length })
}

/** A blob's file has its hash for a name; its bytes are hashed when they are first read. */
function adoptBlobs(db: IndexDb, layout: Layout): number {
  const blobTable = blobTableOf(db, layout)
  let count = 0
  for (const dir of valueOr([], () => readdirSync(layout.blobs))) {
    const names = valueOr([], () => readdirSync(join(layout.blobs, dir)))
    db.write(() => {
      for (const name of names) {
        const hash = dir + name
        if (!isHash(hash) || blobTable.entry(hash) !== undefined) continue
        const stats = statSync(join(layout.blobs, dir, name), { throwIfNoEntry: false })
        if (stats?.isFile() !== true) continue
        blobTable.putFile({ hash, sizeBytes: stats.size })
        count += 1
      }
    })
  }
  return count
}
