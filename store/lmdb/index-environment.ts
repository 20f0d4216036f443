import { statSync } from 'node:fs'
import { join } from 'node:path'
import { isSystemError } from '../disk/io-failure.ts'
import { openWithLocks } from './defects/destroyed-locks.ts'
import { setLastTransaction } from './defects/last-transaction.ts'
import { type PageRoom, pageRoomOf } from './defects/page-room.ts'
import { type Database, nativePart, openLmdb, type RootDatabase } from './open-lmdb.ts'

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

/** lmdb-js begins with a map of the file's own size, maps it anew at the first write, and cannot do with an error there. */
const mapBytesLeast = 1 << 26

const tableOptions = { encoding: 'binary', keyEncoding: 'binary' } as const
const environmentOptions = {
  ...tableOptions,
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
  /** What LMDB says of the tables that it cannot open, where the index is only looked at. */
  readonly problems: readonly string[]
  /** What is to be written is counted here first. */
  readonly room: PageRoom
  /** Runs `body` in a durable transaction that starts from the last one that was committed, or throws IndexReplaced. */
  transact<T>(body: () => T): T
  /** Runs `body`, which writes nothing, while nobody else writes to the index, or throws IndexReplaced. */
  lock<T>(body: () => T): T
  /** As `lock`, and what `body` reads is what was committed last. */
  lockNewest<T>(body: () => T): T
  /** Whether another index was put into the place of this one. */
  isReplaced(): boolean
  close(): Promise<void>
  /** Whether LMDB does nothing more in this environment, because its last page could not be written. */
  isGivenUp(): boolean
}

export interface EnvironmentOptions {
  readonly readOnly: boolean
  /** Opens the tables that there are, and makes none. */
  readonly looks?: boolean
  /** Leaves it to the caller to sync what is written. */
  readonly noSync?: boolean
  /** Called before anything is written. */
  readonly beforeWrite?: () => void
}

/** Another index was put into the place of the one that is open; nothing was done. */
export class IndexReplaced extends Error {}

/** Opens the environment in the directory `path`, and makes the tables that it lacks. */
export function openEnvironment(path: string, options: EnvironmentOptions): IndexEnvironment {
  for (;;) {
    try {
      return openHere(path, options)
    } catch (error) {
      if (!(error instanceof IndexReplaced)) throw error
    }
  }
}

function openHere(
  path: string,
  { readOnly, looks, noSync = false, beforeWrite }: EnvironmentOptions,
): IndexEnvironment {
  const [lockFile, dataFile] = [join(path, 'lock.mdb'), join(path, 'data.mdb')]
  // lmdb-js ends the process where the directory is not there.
  const { ino } = statSync(path)
  const { size = 0 } = statSync(dataFile, { throwIfNoEntry: false }) ?? {}
  const mapSize = Math.max(mapBytesLeast, 2 * size)
  const options = { ...environmentOptions, readOnly, noSync, mapSize }
  const root: LmdbRoot = openWithLocks(nativePart, () => openLmdb<Uint8Array, Uint8Array>(path, options))
  const room = pageRoomOf(dataFile)
  const close = () => {
    room.close()
    return root.close()
  }
  const inode = inodeOf(dataFile)
  const isReplaced = () => {
    const now = inodeOf(dataFile)
    return now !== undefined && now !== inode
  }

  /** For whoever holds the write lock, without which no index is replaced. Where there is none, one is about to be there. */
  function lock<T>(body: () => T): T {
    return root.transactionSync(() => {
      if (inodeOf(dataFile) !== inode) throw new IndexReplaced('the index was replaced')
      return body()
    })
  }

  /**
   * Runs `body` in a transaction that starts from the last one that was committed. One that did not commits nothing,
   * puts right from where the next one starts, and leaves the work to that.
   */
  function fromNewest<T>(body: (stats: LmdbStats) => T): T {
    for (;;) {
      // Only transactionSync: the asynchronous batches of lmdb-js raise rejections nobody can catch when a disk is full.
      const done = lock(() => {
        const stats: LmdbStats = root.getStats()
        const { lastTxnId = 0 } = stats
        if (root.getWriteTxnId() <= lastTxnId) {
          setLastTransaction(lockFile, lastTxnId)
          return undefined
        }
        const result = body(stats)
        if (isThenable(result)) throw new TypeError('a transaction must be synchronous')
        return { result }
      })
      if (done !== undefined) return done.result
    }
  }

  function transact<T>(body: () => T): T {
    beforeWrite?.()
    return fromNewest(({ lastPageNumber = 0, pageSize = 4096 }) => {
      room.begin(lastPageNumber + 1, pageSize, () => pagesOf(root, tables).tree)
      return body()
    })
  }

  let tables: ReadonlyMap<TableName, LmdbTable> = new Map()
  try {
    // The files of two directories, where another index was put here between opening the first and the second.
    if (inodeOf(path) !== ino) throw new IndexReplaced('the index was replaced')
    const problems: string[] = []
    tables = openTables(root, false, looks === true ? problems : undefined)
    if (tables.size < tableNames.length && !readOnly && looks !== true) {
      tables = transact(() => openTables(root, true, undefined))
    }
    return {
      root,
      tables,
      problems,
      room,
      transact,
      lock,
      lockNewest: fromNewest,
      isReplaced,
      close,
      isGivenUp: () => isGivenUp(root),
    }
  } catch (error) {
    void close()
    throw error
  }
}

/** Returns how many pages the trees of all tables have, and how many hold values that are too large for them. */
export function pagesOf(
  root: LmdbRoot,
  tables: ReadonlyMap<TableName, LmdbTable>,
): { readonly tree: number; readonly overflow: number } {
  const stats: LmdbStats = root.getStats()
  let tree = 0
  let overflow = 0
  for (const one of [stats.root, stats.free, ...[...tables.values()].map((table): LmdbStats => table.getStats())]) {
    tree += (one?.treeBranchPageCount ?? 0) + (one?.treeLeafPageCount ?? 0)
    overflow += one?.overflowPages ?? 0
  }
  return { tree, overflow }
}

function inodeOf(path: string): number | undefined {
  return statSync(path, { throwIfNoEntry: false })?.ino
}

function isGivenUp(root: LmdbRoot): boolean {
  try {
    root.transactionSync(() => undefined)
    return false
  } catch {
    return true
  }
}

/** Opens the tables that there are, or all. `problems` takes what LMDB says of a table; without it, that is thrown. */
function openTables(
  root: LmdbRoot,
  create: boolean,
  problems: string[] | undefined,
): ReadonlyMap<TableName, LmdbTable> {
  // The types of lmdb-js do not know `create`.
  const options = { ...tableOptions, create }
  const tables = new Map<TableName, LmdbTable>()
  for (const name of tableNames) {
    try {
      const table: LmdbTable | undefined = root.openDB(name, options)
      if (table !== undefined) tables.set(name, table)
      else if (create) throw new Error(`the table ${name} cannot be made`)
    } catch (error) {
      if (problems === undefined || !isSystemError(error)) throw error
      problems.push(`${name}: ${error instanceof Error ? error.message : ''}`)
    }
  }
  return tables
}

function isThenable(value: unknown): boolean {
  return typeof value === 'object' && value !== null && 'then' in value
}
