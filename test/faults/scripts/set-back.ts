import { openSync, readSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { describeStoreFailure, openStore, type Result, type StoreFailure } from '../../../store/index.ts'

/**
 * Commits one record after another to a store, and sets the number of the last transaction back in between, as each
 * process does that opens the store while another commits. Says how many records are missing then, and what is damaged.
 */
const [dir = '', rounds = '0'] = process.argv.slice(2)
const numberAt = 8
const store = must(await openStore({ dir }))
// Never closed, because that would give up LMDB's locks.
const lock = openSync(join(dir, 'index', 'lock.mdb'), 'r+')

let records = 0
for (let round = 0; round < Number(rounds); round++) {
  const before = lastTransaction()
  for (let n = 0; n <= round % 5; n++) commit()
  writeSync(lock, before, 0, before.length, numberAt)
  commit()
}
await store.close()

const reopened = must(await openStore({ dir, checkIndex: true }))
const missing = Array.from({ length: records }, (_, n) => n).filter(
  (n) => reopened.ledger.memos.get(nameOf(n)) !== contentOf(n),
)
const damage = reopened.repaired?.problems ?? []
await reopened.close()
process.stdout.write(JSON.stringify({ records, missing: missing.length, damage }))

function commit(): void {
  store.ledger.memos.set(nameOf(records), contentOf(records))
  // What is written anew gives up its page, which a later transaction takes.
  store.ledger.memos.set('of all', contentOf(records))
  must(store.flush())
  records += 1
}

function nameOf(n: number): string {
  return `record ${n}`
}

function contentOf(n: number): string {
  return `${n} `.repeat(100)
}

function lastTransaction(): Buffer {
  const bytes = Buffer.alloc(8)
  readSync(lock, bytes, 0, bytes.length, numberAt)
  return bytes
}

function must<T>(result: Result<T, StoreFailure>): T {
  if (!result.ok) throw new Error(describeStoreFailure(result.error))
  return result.value
}
