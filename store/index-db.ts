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
  'done-1',
  'steps-1',
  'preimages-1',
  'durations-1',
  'memos-1',
  'days-1',
] as const

export type TableName = (typeof tableNames)[number]

export interface TableEntry {
  readonly key: Uint8Array
  readonly value: Uint8Array
}

/** One table: binary keys to binary values, in the order of the keys' bytes. */
export interface Table {
  /** Returns a copy of the value. */
  get(key: Uint8Array): Uint8Array | undefined
  /** Returns the value in a buffer that the next read of any table overwrites. */
  peek(key: Uint8Array): Uint8Array | undefined
  has(key: Uint8Array): boolean
  /** Writes; allowed only inside `IndexDb.write`. */
  put(key: Uint8Array, value: Uint8Array): void
  /** Removes; allowed only inside `IndexDb.write`. */
  remove(key: Uint8Array): void
  /** Iterates over copies, from `start` on. */
  entries(start?: Uint8Array): IterableIterator<TableEntry>
  count(): number
}

export interface IndexSize {
  readonly pageBytes: number
  /** What data.mdb occupies; LMDB never makes it smaller. */
  readonly fileBytes: number
  /** The part of the file whose pages are empty, which new records fill first. */
  readonly freeBytes: number
}

/** The LMDB environment under a store's `index/`. Errors of LMDB are thrown; callers turn them into failures. */
export interface IndexDb {
  readonly readOnly: boolean
  table(name: TableName): Table
  /**
   * Runs `body` in one durable write transaction: when this returns, it is on the disk; when it throws, nothing
   * happened. `body` must be synchronous. It holds the store's only write lock, so it must be short.
   */
  write<T>(body: () => T): T
  /** Runs `body` while nobody else writes to the index. It must be synchronous, and write nothing there itself. */
  lock<T>(body: () => T): T
  /**
   * Makes the next read see everything that was committed until `withinMs` ago, by any process: by default a fraction of
   * a millisecond. Returns whether that may be more than the last read saw.
   */
  refresh(withinMs?: number): boolean
  size(): IndexSize
  /** Writes a copy without free pages into the directory `path`. */
  compactInto(path: string): Promise<void>
  close(): Promise<void>
}

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
interface LmdbStats {
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

/** A new snapshot costs a timer of lmdb-js, and a thousand look-ups in a row need no thousand snapshots. */
const refreshEveryMs = 0.2

export interface OpenIndexOptions {
  readonly readOnly: boolean
  /** Called after each transaction that wrote. */
  readonly written?: () => void
}

/** Opens the LMDB environment in the directory `path`; throws what LMDB throws. */
export function openIndexDb(path: string, { readOnly, written = () => {} }: OpenIndexOptions): IndexDb {
  const root: RootDatabase<Uint8Array, Uint8Array> = openLmdb(path, { ...options, readOnly })
  const lockFile = join(path, 'lock.mdb')
  let databases: ReadonlyMap<TableName, Database<Uint8Array, Uint8Array>>
  try {
    databases = readOnly ? openTables(root, true) : transact(root, lockFile, () => openTables(root, false))
  } catch (error) {
    void root.close()
    throw error
  }
  /** Whoever held the lock before may have committed what the read after a transaction must see. */
  let refreshedMs = Number.NEGATIVE_INFINITY
  const tables = new Map<TableName, Table>()
  for (const [name, database] of databases) tables.set(name, tableOver(database))
  return {
    readOnly,
    table: (name) => tables.get(name) ?? emptyTable,
    write(body) {
      if (readOnly) throw new Error('the index is open for reading only')
      shortenLmdbMessage()
      const value = transact(root, lockFile, body)
      written()
      refreshedMs = Number.NEGATIVE_INFINITY
      return value
    },
    lock(body) {
      // Where a transaction starts that writes nothing is of no concern.
      const value = root.transactionSync(body)
      refreshedMs = Number.NEGATIVE_INFINITY
      return value
    },
    refresh(withinMs = refreshEveryMs) {
      const nowMs = performance.now()
      if (nowMs - refreshedMs < withinMs) return false
      refreshedMs = nowMs
      root.resetReadTxn()
      return true
    },
    size: () => measure(root, [...databases.values()]),
    compactInto: (target) => root.backup(target, true),
    close: () => root.close(),
  }
}

/**
 * Runs `body` in a transaction that starts from the last one that was committed. One that did not
 * commits nothing, puts right from where the next one starts, and leaves the work to that.
 */
function transact<T>(root: RootDatabase<Uint8Array, Uint8Array>, lockFile: string, body: () => T): T {
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

function openTables(
  root: RootDatabase<Uint8Array, Uint8Array>,
  readOnly: boolean,
): ReadonlyMap<TableName, Database<Uint8Array, Uint8Array>> {
  const databases = new Map<TableName, Database<Uint8Array, Uint8Array>>()
  const { entryCount = 0 }: LmdbStats = root.getStats()
  if (!readOnly && entryCount < tableNames.length) shortenLmdbMessage()
  for (const name of tableNames) {
    const database = openTable(root, name, readOnly)
    if (database !== undefined) databases.set(name, database)
  }
  return databases
}

/** Returns undefined for a table that a store of an older version, opened for reading, lacks. */
function openTable(
  root: RootDatabase<Uint8Array, Uint8Array>,
  name: TableName,
  readOnly: boolean,
): Database<Uint8Array, Uint8Array> | undefined {
  const database: Database<Uint8Array, Uint8Array> | undefined = root.openDB(name, {
    encoding: 'binary',
    keyEncoding: 'binary',
  })
  if (database === undefined && !readOnly) throw new Error(`the table ${name} cannot be made`)
  return database
}

function tableOver(database: Database<Uint8Array, Uint8Array>): Table {
  return {
    get: (key) => {
      const value = peek(database, key)
      return value === undefined ? undefined : Uint8Array.prototype.slice.call(value)
    },
    peek: (key) => peek(database, key),
    has: (key) => peek(database, key) !== undefined,
    put(key, value) {
      // Inside a transaction lmdb-js writes at once and throws at once: its promise says nothing more.
      void database.put(key, value)
    },
    remove(key) {
      void database.remove(key)
    },
    *entries(start) {
      for (const { key, value } of database.getRange(start === undefined ? {} : { start })) yield { key, value }
    },
    count: () => {
      const stats: LmdbStats = database.getStats()
      return stats.entryCount ?? 0
    },
  }
}

function peek(database: Database<Uint8Array, Uint8Array>, key: Uint8Array): Uint8Array | undefined {
  const shared = database.getBinaryFast(key)
  // The buffer that lmdb-js reuses is longer than it says; native code would see all of it.
  return shared === undefined ? undefined : new Uint8Array(shared.buffer, shared.byteOffset, shared.length)
}

const emptyTable: Table = {
  get: () => undefined,
  peek: () => undefined,
  has: () => false,
  put: () => {
    throw new Error('the index is open for reading only')
  },
  remove: () => {
    throw new Error('the index is open for reading only')
  },
  *entries() {},
  count: () => 0,
}

/** LMDB's two meta pages, which belong to no tree. */
const metaPages = 2

function measure(
  root: RootDatabase<Uint8Array, Uint8Array>,
  databases: readonly Database<Uint8Array, Uint8Array>[],
): IndexSize {
  const stats: LmdbStats = root.getStats()
  const pageBytes = stats.pageSize ?? 4096
  const filePages = (stats.lastPageNumber ?? 0) + 1
  const trees: readonly (LmdbStats | undefined)[] = [
    stats.root,
    stats.free,
    ...databases.map((database): LmdbStats => database.getStats()),
  ]
  const used = trees.reduce((sum, tree) => sum + treePages(tree), metaPages)
  return {
    pageBytes,
    fileBytes: filePages * pageBytes,
    freeBytes: Math.max(0, filePages - used) * pageBytes,
  }
}

function treePages(tree: LmdbStats | undefined): number {
  return (tree?.treeBranchPageCount ?? 0) + (tree?.treeLeafPageCount ?? 0) + (tree?.overflowPages ?? 0)
}

function isThenable(value: unknown): boolean {
  return typeof value === 'object' && value !== null && 'then' in value
}
