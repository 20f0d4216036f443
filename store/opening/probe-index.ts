import { errorCode, isSystemError } from '../disk/io-failure.ts'
import { openIndexDb, type TableEntry } from '../lmdb/index-db.ts'
import { textKey } from '../lmdb/index-keys.ts'
import { type LookedAt, type LookedAtTable, openToLook } from '../lmdb/look-at-environment.ts'
import { putJson } from '../lmdb/sealed-records.ts'

/** What a look at every record of an index came to. */
export interface Probe {
  readonly problems: readonly string[]
  /** Whether everything was looked at in the time that was allowed. */
  readonly whole: boolean
}

export interface ProbeOptions {
  readonly readOnly: boolean
  /** The look ends after so many milliseconds. */
  readonly budgetMs: number
  /** Called every now and then, so that whoever waits knows that it goes on. */
  readonly onProgress: () => void
  /** Returns what changes with each transaction of another process. */
  readonly stateOf: () => string
}

/** Records in one transaction, during which nobody else can write. */
const recordsAtOnce = 256

/** Other processes may write meanwhile, so that counts differ: then it is looked at again, so often. */
const attemptsMax = 5

/**
 * Reads every record of the index in the directory `path`, in order and by its key, and writes it again in transactions
 * that are given up; then commits some records, for which LMDB needs its list of free pages. A damaged file can end the process that does this, which is why a child does it. The checksums of
 * records are not what it is about: they are checked whenever a record is read.
 */
export function probeIndex(path: string, options: ProbeOptions): Probe {
  const { stateOf, readOnly, budgetMs } = options
  const endMs = performance.now() + budgetMs
  let found: Probe = { problems: [], whole: true }
  try {
    const index = openToLook(path, readOnly)
    for (let attempt = 0; attempt < attemptsMax; attempt++) {
      const before = stateOf()
      index.refresh()
      found = probeTables(index, options, endMs)
      if (found.problems.length === 0 || before === stateOf()) break
    }
    if (found.problems.length === 0 && !readOnly) commitSome(path)
  } catch (error) {
    // What LMDB says of what it cannot read.
    if (!(error instanceof Error)) throw error
    found = { ...found, problems: [...found.problems, error.message] }
  }
  return found
}

function probeTables(index: LookedAt, { readOnly, onProgress }: ProbeOptions, endMs: number): Probe {
  const problems = [...index.problems]
  for (const [name, table] of index.tables) {
    let count = 0
    for (let after: Uint8Array | undefined; ; ) {
      const some = () => probeSome(table, after, readOnly)
      const looked = readOnly ? some() : index.tryOut(some)
      if (looked.problem !== undefined) problems.push(`${name}: ${looked.problem}`)
      count += looked.count
      after = looked.last
      if (after === undefined || looked.problem !== undefined) break
      onProgress()
      if (performance.now() > endMs) return { problems, whole: false }
    }
    if (count !== table.count()) problems.push(`${name}: it has ${count} records and should have ${table.count()}`)
  }
  return { problems, whole: true }
}

/** More records than most transactions have, and one for which LMDB looks through its whole list of free pages. */
const committedCount = 64
const committedText = 'x'.repeat(2000)
const largeText = 'x'.repeat(1 << 20)

function commitSome(path: string): void {
  const db = openIndexDb(path, { readOnly: false })
  const memos = db.table('memos-1')
  const large = textKey('store', 'probe')
  const keys = Array.from({ length: committedCount }, (_, n) => textKey('store', 'probe', String(n)))
  try {
    db.write(() => {
      putJson(memos, large, largeText)
      memos.remove(large)
      for (const key of keys) putJson(memos, key, committedText)
    })
    db.write(() => {
      for (const key of keys) memos.remove(key)
    })
  } catch (error) {
    // LMDB's own errors have numbers; where there is no room for the records, nothing is wrong with the index.
    if (!isSystemError(error) || Number.isInteger(Number(errorCode(error)))) throw error
  }
}

interface Looked {
  readonly count: number
  /** The key of the last record that was looked at, unless there are no more. */
  readonly last: Uint8Array | undefined
  readonly problem?: string
}

function probeSome(table: LookedAtTable, after: Uint8Array | undefined, readOnly: boolean): Looked {
  const entries: TableEntry[] = []
  let last = after
  for (const { key: shared, value } of table.entries(after === undefined ? {} : { start: after })) {
    // The iterator may use the memory of the key again.
    const key = Uint8Array.from(shared)
    const order = last === undefined ? -1 : Buffer.compare(last, key)
    if (order === 0 && entries.length === 0) continue
    if (order >= 0) return { count: entries.length, last, problem: 'its keys do not ascend' }
    entries.push({ key, value })
    last = key
    if (entries.length === recordsAtOnce) break
  }
  const isEnd = entries.length < recordsAtOnce
  for (const { key, value } of entries) {
    if (!table.has(key)) return { count: entries.length, last, problem: 'a record is not found by its key' }
    if (!readOnly) table.put(key, value)
  }
  return { count: entries.length, last: isEnd ? undefined : last }
}
