import { join } from 'node:path'
import { setLastTransaction } from './last-transaction.ts'
import { type Database, openLmdb, type RootDatabase } from './open-lmdb.ts'
import { shortenLmdbMessage } from './shorten-lmdb-message.ts'

/** The tables of the index; the number is the version of a table's records. */
export const tableNames = [
  'blobs-1',
  'actions-1',
  'tombstones-1',
  'uses-1',
  'file-digests-1',
  'jobs-1',
  'done-2',
  'steps-1',
  'preimages-1',
  'durations-1',
  'memos-1',
  'days-1',
] as const

export type TableName = (typeof tableNames)[number]

/** Readers are processes times threads; a slot is 64 bytes of lock.mdb. */
const maxReaders = 1024

const options = {
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
  /** Runs `body` in a durable transaction that starts from the last one that was committed. */
  transact<T>(body: () => T): T
  /** Whether LMDB does nothing more in this environment, because its last page could not be written. */
  isGivenUp(): boolean
}

/** Opens the environment in the directory `path`, and makes the tables that it lacks. */
export function openEnvironment(path: string, readOnly: boolean): IndexEnvironment {
  const root: LmdbRoot = openLmdb(path, { ...options, readOnly })
  const lockFile = join(path, 'lock.mdb')
  try {
    const tables = readOnly ? openTables(root, true) : transact(root, lockFile, () => openTables(root, false))
    return { root, tables, transact: (body) => transact(root, lockFile, body), isGivenUp: () => isGivenUp(root) }
  } catch (error) {
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
function transact<T>(root: LmdbRoot, lockFile: string, body: () => T): T {
  for (;;) {
    // Only transactionSync: the asynchronous batches of lmdb-js raise rejections nobody can catch when a disk is full.
    const done = root.transactionSync(() => {
      const { lastTxnId = 0 }: LmdbStats = root.getStats()
      if (root.getWriteTxnId() <= lastTxnId) {
        setLastTransaction(lockFile, lastTxnId)
        return undefined
      }
      const result = body()
      if (isThenable(result)) throw new TypeError('a transaction must be synchronous')
      return { result }
    })
    if (done !== undefined) return done.result
  }
}

function openTables(root: LmdbRoot, readOnly: boolean): ReadonlyMap<TableName, LmdbTable> {
  const databases = new Map<TableName, LmdbTable>()
  const { entryCount = 0 }: LmdbStats = root.getStats()
  if (!readOnly && entryCount < tableNames.length) shortenLmdbMessage()
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
