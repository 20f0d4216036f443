import { isSystemError, SystemError } from '../disk/io-failure.ts'
import {
  type EnvironmentOptions,
  type IndexEnvironment,
  IndexReplaced,
  type LmdbStats,
  type LmdbTable,
  openEnvironment,
  pagesOf,
  type TableName,
} from './index-environment.ts'

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
  /** Writes a copy of the value; allowed only inside `IndexDb.write`. */
  put(key: Uint8Array, value: Uint8Array): void
  /** As `put` where the key is new; else returns false, and writes nothing. */
  putNew(key: Uint8Array, value: Uint8Array): boolean
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
  /** How many write transactions were begun here. */
  readonly transactions: number
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
  /** Reads and writes no more, because the index is damaged: the next process that opens it looks through it. */
  giveUp(): void
  close(): Promise<void>
}

/** A new snapshot costs a timer of lmdb-js, and a thousand look-ups in a row need no thousand snapshots. */
const refreshEveryMs = 0.2

export interface OpenIndexOptions extends EnvironmentOptions {
  /** Called when LMDB cannot do what it was asked to. */
  readonly onFailure?: () => void
  readonly onClosed?: () => void
}

/** Opens the LMDB environment in the directory `path`; throws what LMDB throws. */
export function openIndexDb(path: string, options: OpenIndexOptions): IndexDb {
  const { readOnly, onFailure = () => {} } = options
  let open: IndexEnvironment | undefined = openEnvironment(path, options)
  /** How many iterations go on: an environment is not closed under them. */
  let iterations = 0
  /** Whoever held the lock before may have committed what the read after a transaction must see. */
  let refreshedMs = Number.NEGATIVE_INFINITY

  let isDamaged = false
  let transactions = 0

  function environment(): IndexEnvironment {
    if (isDamaged) throw new SystemError('MDB_CORRUPTED', 'the index is damaged')
    open ??= openEnvironment(path, options)
    return open
  }

  /** Leaves the environment, so that it is opened anew when it is needed. One that is iterated over stays open. */
  function leave(left: IndexEnvironment): void {
    if (open === left) open = undefined
    if (iterations === 0) void left.close()
  }

  /** Runs a transaction in the index that is there now. Where LMDB gives up in one, the environment is left. */
  function transaction<T>(run: (environment: IndexEnvironment) => T): T {
    try {
      for (;;) {
        const used = environment()
        try {
          return run(used)
        } catch (error) {
          if (error instanceof IndexReplaced) leave(used)
          else {
            if (isSystemError(error) && iterations === 0 && used.isGivenUp()) leave(used)
            if (isLmdbError(error)) onFailure()
            throw error
          }
        }
      }
    } finally {
      refreshedMs = Number.NEGATIVE_INFINITY
    }
  }

  function* entriesOf(name: TableName, start?: Uint8Array): Generator<TableEntry> {
    const table = environment().tables.get(name)
    if (table === undefined) return
    iterations += 1
    try {
      for (const { key, value } of table.getRange(start === undefined ? {} : { start })) yield { key, value }
    } finally {
      iterations -= 1
    }
  }

  const tables = new Map<TableName, Table>()
  for (const name of open.tables.keys()) {
    tables.set(
      name,
      tableOver(
        () => environment().tables.get(name),
        (start) => entriesOf(name, start),
        (valueBytes) => environment().room.add(valueBytes),
      ),
    )
  }
  return {
    readOnly,
    get transactions() {
      return transactions
    },
    table: (name) => tables.get(name) ?? emptyTable,
    write(body) {
      if (readOnly) throw new Error('the index is open for reading only')
      return transaction(({ transact }) => {
        transactions += 1
        return transact(body)
      })
    },
    lock: (body) => transaction((environment) => environment.lock(body)),
    refresh(withinMs = refreshEveryMs) {
      const nowMs = performance.now()
      if (nowMs - refreshedMs < withinMs) return false
      refreshedMs = nowMs
      if (open?.isReplaced() === true) leave(open)
      environment().root.resetReadTxn()
      return true
    },
    size: () => measure(environment()),
    giveUp() {
      isDamaged = true
      onFailure()
    },
    close: async () => {
      await open?.close()
      options.onClosed?.()
    },
  }
}

/** Whether LMDB says so, and not what was run in its transaction. */
function isLmdbError(error: unknown): boolean {
  return error instanceof Error && 'code' in error && typeof error.code === 'number'
}

const newKeyOnly = { noOverwrite: true } as const

/** Returns a table; `tableOf` tells where it is now, which changes when the environment is opened anew. */
function tableOver(
  tableOf: () => LmdbTable | undefined,
  entries: Table['entries'],
  onWrite: (valueBytes: number) => void,
): Table {
  const peek = (key: Uint8Array): Uint8Array | undefined => {
    const shared = tableOf()?.getBinaryFast(key)
    // The buffer that lmdb-js reuses is longer than it says; native code would see all of it.
    return shared === undefined ? undefined : new Uint8Array(shared.buffer, shared.byteOffset, shared.length)
  }
  return {
    get: (key) => {
      const value = peek(key)
      return value === undefined ? undefined : Uint8Array.prototype.slice.call(value)
    },
    peek,
    has: (key) => peek(key) !== undefined,
    put(key, value) {
      onWrite(value.byteLength)
      // Inside a transaction lmdb-js copies, writes and throws at once: its promise says nothing more.
      void tableOf()?.put(key, value)
    },
    putNew(key, value) {
      onWrite(value.byteLength)
      // Its types do not say that this returns whether it wrote.
      const wrote: unknown = tableOf()?.putSync(key, value, newKeyOnly)
      return wrote === true
    },
    remove(key) {
      onWrite(0)
      void tableOf()?.remove(key)
    },
    entries,
    count: () => {
      const stats: LmdbStats | undefined = tableOf()?.getStats()
      return stats?.entryCount ?? 0
    },
  }
}

const emptyTable: Table = {
  get: () => undefined,
  peek: () => undefined,
  has: () => false,
  put: () => {
    throw new Error('the index is open for reading only')
  },
  putNew: () => {
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

function measure({ root, tables }: IndexEnvironment): IndexSize {
  const stats: LmdbStats = root.getStats()
  const pageBytes = stats.pageSize ?? 4096
  const filePages = (stats.lastPageNumber ?? 0) + 1
  const { tree, overflow } = pagesOf(root, tables)
  const used = tree + overflow + metaPages
  return {
    pageBytes,
    fileBytes: filePages * pageBytes,
    freeBytes: Math.max(0, filePages - used) * pageBytes,
  }
}
