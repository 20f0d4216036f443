import { unseal } from '../lmdb/envelope.ts'
import type { IndexDb, TableEntry } from '../lmdb/index-db.ts'
import { type TableName, tableNames } from '../lmdb/index-environment.ts'
import type { LookedAt, LookedAtTable } from '../lmdb/look-at-environment.ts'
import { isContentOf, sealedHeaderBytes } from '../tables/blob-table.ts'

/** Each table is read from its beginning to what cannot be read, and then from its end. */
export type Phase = `${TableName}:${'up' | 'down'}`

/** How far each phase may be read: an earlier process that read on was ended by what came next. */
export type PhaseLimits = ReadonlyMap<string, number>

export interface TakeOver {
  readonly limits: PhaseLimits
  /** Called before the next record of a phase is read, with the number of those that were. */
  readonly onRecord: (phase: Phase, count: number) => void
  /** Called before records are written to the new index: what happens there is no fault of the old one. */
  readonly onWrite: () => void
}

/** Records in one transaction. */
const recordsAtOnce = 2000

/** Copies the records of a damaged index whose checksums hold; returns how many, and how many of them are actions. */
export function takeOverRecords(
  db: IndexDb,
  old: LookedAt,
  options: TakeOver,
): { readonly records: number; readonly actions: number } {
  let records = 0
  let actions = 0
  for (const name of tableNames) {
    const table = old.tables.get(name)
    if (table === undefined) continue
    let batch: TableEntry[] = []
    const write = () => {
      const rest = batch
      batch = []
      options.onWrite()
      db.write(() => {
        for (const { key, value } of rest) db.table(name).put(key, value)
      })
      records += rest.length
      if (name === 'actions-1') actions += rest.length
    }
    readTable(table, name, options, (entry) => {
      if (isRight(name, entry)) batch.push(entry)
      if (batch.length >= recordsAtOnce) write()
    })
    write()
  }
  return { records, actions }
}

function readTable(
  table: LookedAtTable,
  name: TableName,
  options: TakeOver,
  onEntry: (entry: TableEntry) => void,
): void {
  let highest: Uint8Array | undefined
  const isWhole = readPhase(table, `${name}:up`, options, (entry) => {
    highest = entry.key
    onEntry(entry)
    return true
  })
  if (isWhole) return
  readPhase(table, `${name}:down`, options, (entry) => {
    if (highest !== undefined && Buffer.compare(entry.key, highest) <= 0) return false
    onEntry(entry)
    return true
  })
}

/** Reads one phase as long as `take` returns true; returns whether it came to the end of the table. */
function readPhase(
  table: LookedAtTable,
  phase: Phase,
  { limits, onRecord }: TakeOver,
  take: (entry: TableEntry) => boolean,
): boolean {
  const isUp = phase.endsWith(':up')
  const limit = limits.get(phase) ?? Number.POSITIVE_INFINITY
  let count = 0
  let last: Uint8Array | undefined
  onRecord(phase, count)
  if (limit === 0) return false
  try {
    for (const entry of table.entries({ reverse: !isUp })) {
      // The iterator may use the memory of the key again.
      const key = Uint8Array.from(entry.key)
      const order = last === undefined ? -1 : Buffer.compare(last, key)
      if (isUp ? order >= 0 : last !== undefined && order <= 0) return false
      if (!take({ key, value: entry.value })) return false
      last = key
      count += 1
      onRecord(phase, count)
      if (count >= limit) return false
    }
    return true
  } catch (error) {
    // What LMDB says of a page that it cannot read.
    if (!(error instanceof Error)) throw error
    return false
  }
}

function isRight(table: TableName, { key, value }: TableEntry): boolean {
  if (table !== 'blobs-1') return unseal(key, value) !== undefined
  if (unseal(key, value.subarray(0, sealedHeaderBytes)) === undefined) return false
  const bytes = value.subarray(sealedHeaderBytes)
  if (bytes.length === 0 && value[17] === 2) return true
  return isContentOf(bytes, { hash: Buffer.from(key).toString('hex'), sizeBytes: bytes.length })
}
