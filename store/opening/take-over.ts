import { unseal } from '../lmdb/envelope.ts'
import type { IndexDb, TableEntry } from '../lmdb/index-db.ts'
import type { IndexEnvironment, LmdbStats, LmdbTable, TableName } from '../lmdb/index-environment.ts'
import { isContentOf, sealedHeaderBytes } from '../tables/blob-table.ts'

/** Each table is read from its beginning; where it cannot be read to its end, then from there. */
export type Phase = `${TableName}:${'up' | 'down'}`

export interface TakeOver {
  /** The new index; without it the old one is only read. */
  readonly into?: IndexDb | undefined
  /** Continues where something cannot be read, and leaves out what does not check: for an index known to be damaged. */
  readonly salvages: boolean
  /** How far each phase may be read: an earlier process that read on was ended by what came next. */
  readonly limits: ReadonlyMap<string, number>
  /** Called before the next record of a phase is read, with the number of those that were. */
  readonly onRecord: (phase: Phase, count: number) => void
  /** Called before records are written to the new index: what happens there is no fault of the old one. */
  readonly onWrite: () => void
}

/** What was read, and what was found to be wrong with the tables. */
export interface TakenOver {
  readonly records: number
  readonly actions: number
  readonly problems: readonly string[]
}

/** What is said of a page that cannot be read. LMDB reads nothing more then, so that this is as good as a crash. */
export class Unreadable extends Error {}

/** Records in one transaction. */
const recordsAtOnce = 2000

/** Reads every record of an index in order, and puts them into a new one. A problem is the end, unless it salvages. */
export function takeOverRecords(old: IndexEnvironment, options: TakeOver): TakenOver {
  const { into, salvages, onWrite } = options
  const problems = [...old.problems]
  let records = 0
  let actions = 0
  for (const [name, table] of old.tables) {
    if (problems.length > 0 && !salvages) break
    let batch: TableEntry[] = []
    const write = () => {
      if (into !== undefined) {
        onWrite()
        into.write(() => {
          for (const { key, value } of batch) into.table(name).put(key, value)
        })
      }
      records += batch.length
      if (name === 'actions-1') actions += batch.length
      batch = []
    }
    for (const entry of readTable(table, name, options, problems)) {
      if (!salvages || isRight(name, entry)) batch.push(entry)
      if (batch.length >= recordsAtOnce) write()
    }
    write()
  }
  return { records, actions, problems }
}

function* readTable(table: LmdbTable, name: TableName, options: TakeOver, problems: string[]): Generator<TableEntry> {
  const { problem, count, last } = yield* readPhase(table, `${name}:up`, options)
  const { entryCount = 0 }: LmdbStats = table.getStats()
  if (problem !== undefined) {
    problems.push(`${name}: ${problem}`)
    if (options.salvages) yield* readPhase(table, `${name}:down`, options, last)
  } else if (count !== entryCount) {
    problems.push(`${name}: it has ${count} records and should have ${entryCount}`)
  }
}

interface PhaseEnd {
  readonly count: number
  readonly last: Uint8Array | undefined
  /** Why this is not the end of the table. */
  readonly problem?: string
}

/** Reads one phase, as far as a key that was read before. */
function* readPhase(
  table: LmdbTable,
  phase: Phase,
  { limits, onRecord }: TakeOver,
  until?: Uint8Array,
): Generator<TableEntry, PhaseEnd> {
  const isUp = phase.endsWith(':up')
  const limit = limits.get(phase) ?? Number.POSITIVE_INFINITY
  const problem = 'reading on ends the process'
  let count = 0
  let last: Uint8Array | undefined
  onRecord(phase, count)
  if (limit === 0) return { count, last, problem }
  const range = reading(() => table.getRange({ reverse: !isUp })[Symbol.iterator]())
  for (;;) {
    const { done, value: entry } = reading(() => range.next())
    // The iterator may use the memory of the key again.
    const key = done === true ? undefined : Uint8Array.from(entry.key)
    if (key === undefined || (until !== undefined && Buffer.compare(key, until) <= 0)) return { count, last }
    const order = last === undefined ? undefined : Buffer.compare(last, key)
    if (order !== undefined && (isUp ? order >= 0 : order <= 0))
      return { count, last, problem: 'its keys do not ascend' }
    yield { key, value: entry.value }
    last = key
    count += 1
    onRecord(phase, count)
    if (count >= limit) return { count, last, problem }
  }
}

function reading<T>(body: () => T): T {
  try {
    return body()
  } catch (error) {
    throw new Unreadable(error instanceof Error ? error.message : String(error))
  }
}

function isRight(table: TableName, { key, value }: TableEntry): boolean {
  if (table !== 'blobs-1') return unseal(key, value) !== undefined
  if (unseal(key, value.subarray(0, sealedHeaderBytes)) === undefined) return false
  const bytes = value.subarray(sealedHeaderBytes)
  if (bytes.length === 0 && value[17] === 2) return true
  return isContentOf(bytes, { hash: Buffer.from(key).toString('hex'), sizeBytes: bytes.length })
}
