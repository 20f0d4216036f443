import { isSystemError } from '../disk/io-failure.ts'
import type { TableEntry } from './index-db.ts'
import type { TableName } from './index-environment.ts'
import { environmentOptions, type LmdbStats, type LmdbTable, tableNames } from './index-environment.ts'
import { openLmdb } from './open-lmdb.ts'

/** A table of an index that may be damaged. */
export interface LookedAtTable {
  entries(range?: { readonly start?: Uint8Array; readonly reverse?: boolean }): Iterable<TableEntry>
  has(key: Uint8Array): boolean
  /** Writes a record; allowed only inside `tryOut`. */
  put(key: Uint8Array, value: Uint8Array): void
  count(): number
}

/** An index that may be damaged, so that anything here may end the process. Nothing that is written to it stays. */
export interface LookedAt {
  readonly tables: ReadonlyMap<TableName, LookedAtTable>
  /** What LMDB says of the tables that it cannot open. */
  readonly problems: readonly string[]
  /** Begins to look at what was committed last. */
  refresh(): void
  /** Runs `body` in a transaction, while nobody else writes to the index; what it writes is given up. */
  tryOut<T>(body: () => T): T
}

/** `create` is not in the types of lmdb-js. */
const tableOptions = { encoding: 'binary', keyEncoding: 'binary', create: false } as const

/** Opens the environment in the directory `path` to look at the tables that it has; throws what LMDB throws. */
export function openToLook(path: string, readOnly: boolean): LookedAt {
  const root = openLmdb<Uint8Array, Uint8Array>(path, { ...environmentOptions, readOnly })
  const tables = new Map<TableName, LookedAtTable>()
  const problems: string[] = []
  function openTable(name: TableName): LmdbTable | undefined {
    try {
      return root.openDB(name, tableOptions)
    } catch (error) {
      if (!isSystemError(error)) throw error
      problems.push(`${name}: ${error instanceof Error ? error.message : ''}`)
      return undefined
    }
  }
  for (const name of tableNames) {
    const table = openTable(name)
    if (table === undefined) continue
    tables.set(name, {
      entries: (range = {}) => table.getRange(range),
      has: (key) => table.getBinaryFast(key) !== undefined,
      put: (key, value) => {
        void table.put(key, value)
      },
      count: () => {
        const { entryCount = 0 }: LmdbStats = table.getStats()
        return entryCount
      },
    })
  }
  function tryOut<T>(body: () => T): T {
    let done: { readonly value: T } | undefined
    try {
      root.transactionSync(() => {
        done = { value: body() }
        throw new Aborted()
      })
    } catch (error) {
      if (!(error instanceof Aborted)) throw error
    }
    if (done === undefined) throw new Error('the transaction did not run')
    return done.value
  }
  return {
    tables,
    problems,
    refresh: () => root.resetReadTxn(),
    tryOut,
  }
}

/** Ends a transaction that is to leave nothing. */
class Aborted extends Error {}
