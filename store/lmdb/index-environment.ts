import { statSync } from 'node:fs'
import { join } from 'node:path'
import { setLastTransaction } from './defects/last-transaction.ts'
import { type PageRoom, pageRoomOf } from './defects/page-room.ts'
import { type Database, openLmdb, type RootDatabase } from './open-lmdb.ts'

/** The tables of the index; the number is the version of a table's records. */
export const tableNames = [
  'blobs-1',
  'actions-1',
  'tombstones-1',
  'uses-1',
  'file-digests-1',
  'jobs-1',
  'done-1',
  'steps-1',
  'preimages-1',
  'durations-1',
  'memos-1',
  'days-1',
] as const

export type TableName = (typeof tableNames)[number]

/** Readers are processes times threads; a slot is 64 bytes of lock.mdb. */
const maxReaders = 1024

/** How every environment of an index is opened. */
export const environmentOptions = {
  encoding: 'binary',
  keyEncoding: 'binary',
  overlappingSync: false,
  maxDbs: tableNames.length + 12,
  maxReaders,
  permissionsMode: 0o600,
  noSubdir: false,
} as const

/** What `getStats` of lmdb-js returns, which its types do not say. */
export interface LmdbStats {
  readonly pageSize?: number
  readonly treeBranchPageCount?: number
  readonly treeLeafPageCount?: number
  readonly overflowPages?: number
  readonly entryCount?: number
  readonly lastPageNumber?: number
  readonly lastTxnId?: number
  readonly root?: LmdbStats
  readonly free?: LmdbStats
}

export type LmdbTable = Database<Uint8Array, Uint8Array>
type LmdbRoot = RootDatabase<Uint8Array, Uint8Array>

/** The LMDB environment of an index, with its tables. What LMDB throws is thrown. */
export interface IndexEnvironment {
  readonly root: LmdbRoot
  readonly tables: ReadonlyMap<TableName, LmdbTable>
  /** What is to be written is counted here first. */
  readonly room: PageRoom
  /** Runs `body` in a durable transaction that starts from the last one that was committed, or throws IndexReplaced. */
  transact<T>(body: () => T): T
  /** Runs `body`, which writes nothing, while nobody else writes to the index, or throws IndexReplaced. */
  lock<T>(body: () => T): T
  /** Whether another index was put into the place of this one, because it was damaged. */
  isReplaced(): boolean
  close(): Promise<void>
  /** Whether LMDB does nothing more in this environment, because its last page could not be written. */
  isGivenUp(): boolean
}

/** Another index was put into the place of the one that is open; nothing was done. */
export class IndexReplaced extends Error {}

/** Opens the environment in the directory `path`, and makes the tables that it lacks. */
export function openEnvironment(path: string, readOnly: boolean): IndexEnvironment {
  const root: LmdbRoot = openLmdb(path, { ...environmentOptions, readOnly })
  const lockFile = join(path, 'lock.mdb')
  const dataFile = join(path, 'data.mdb')
  const room = pageRoomOf(dataFile)
  const inode = statSync(dataFile, { throwIfNoEntry: false })?.ino
  const isReplaced = () => {
    const stats = statSync(dataFile, { throwIfNoEntry: false })
    return stats !== undefined && stats.ino !== inode
  }
  /** For whoever holds the write lock, without which no index is replaced. */
  const demandPlace = () => {
    if (isReplaced()) throw new IndexReplaced('the index was replaced')
  }
  try {
    const tables = readOnly ? openTables(root, true) : transact(root, room, lockFile, () => openTables(root, false))
    return {
      root,
      tables,
      room,
      transact: (body) => {
        return transact(root, room, lockFile, () => {
          demandPlace()
          return body()
        })
      },
      // Where a transaction starts that writes nothing is of no concern.
      lock: (body) =>
        root.transactionSync(() => {
          demandPlace()
          return body()
        }),
      isReplaced,
      close() {
        room.close()
        return root.close()
      },
      isGivenUp: () => isGivenUp(root),
    }
  } catch (error) {
    room.close()
    void root.close()
    throw error
  }
}

function isGivenUp(root: LmdbRoot): boolean {
  try {
    root.transactionSync(() => undefined)
    return false
  } catch {
    return true
  }
}

/**
 * Runs `body` in a transaction that starts from the last one that was committed. One that did not
 * commits nothing, puts right from where the next one starts, and leaves the work to that.
 */
function transact<T>(root: LmdbRoot, room: PageRoom, lockFile: string, body: () => T): T {
  for (;;) {
    // Only transactionSync: the asynchronous batches of lmdb-js raise rejections nobody can catch when a disk is full.
    const done = root.transactionSync(() => {
      const { lastTxnId = 0, lastPageNumber = 0, pageSize = 4096 }: LmdbStats = root.getStats()
      if (root.getWriteTxnId() <= lastTxnId) {
        setLastTransaction(lockFile, lastTxnId)
        return undefined
      }
      room.begin(lastPageNumber + 1, pageSize)
      const result = body()
      if (isThenable(result)) throw new TypeError('a transaction must be synchronous')
      return { result }
    })
    if (done !== undefined) return done.result
  }
}

function openTables(root: LmdbRoot, readOnly: boolean): ReadonlyMap<TableName, LmdbTable> {
  const databases = new Map<TableName, LmdbTable>()
  for (const name of tableNames) {
    const database = openTable(root, name, readOnly)
    if (database !== undefined) databases.set(name, database)
  }
  return databases
}

/** Returns undefined for a table that a store of an older version, opened for reading, lacks. */
function openTable(root: LmdbRoot, name: TableName, readOnly: boolean): LmdbTable | undefined {
  const database: LmdbTable | undefined = root.openDB(name, {
    encoding: 'binary',
    keyEncoding: 'binary',
  })
  if (database === undefined && !readOnly) throw new Error(`the table ${name} cannot be made`)
  return database
}

function isThenable(value: unknown): boolean {
  return typeof value === 'object' && value !== null && 'then' in value
}
