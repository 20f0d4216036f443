import { lstatSync } from 'node:fs'
import { isObject, stringRecord } from '../contract/json-guards.ts'
import { valueOr } from '../disk/io-failure.ts'
import { decodeStamped } from '../ledger/stamp-record.ts'
import { unsealJson } from '../lmdb/envelope.ts'
import type { Table } from '../lmdb/index-db.ts'
import type { TableName } from '../lmdb/index-environment.ts'
import type { DirectoryStore } from '../local/directory-store.ts'
import { parseTombstone } from '../tables/tombstones.ts'

/** How long a tombstone is kept: a person may return to a job after months. */
const tombstoneMs = 180 * 24 * 3600 * 1000
/** How many tombstones are kept, the newest. */
const tombstonesMax = 50_000

const recordsAtOnce = 1000

/** Removes records of things that do not exist any more: stamps of files, preimages of actions, old tombstones. */
export function pruneMemories(store: DirectoryStore): void {
  const { db } = store.context
  removeKeys(store, 'file-digests-1', staleStamps(db.table('file-digests-1')))
  removeKeys(store, 'preimages-1', unneededPreimages(store))
  removeKeys(store, 'uses-1', unneededUses(store), (key) => !hasAction(store, key))
  removeKeys(store, 'tombstones-1', oldTombstones(store))
}

/** Removes keys; `still` checks each again under the lock. */
function removeKeys(
  { context }: DirectoryStore,
  name: TableName,
  keys: readonly Uint8Array[],
  still: (key: Uint8Array) => boolean = () => true,
): void {
  const table = context.db.table(name)
  for (let start = 0; start < keys.length; start += recordsAtOnce) {
    context.db.write(() => {
      for (const key of keys.slice(start, start + recordsAtOnce)) {
        if (table.has(key) && still(key)) table.remove(key)
      }
    })
  }
}

/** The stamp of a file that does not exist any more never matches again. */
function staleStamps(table: Table): Uint8Array[] {
  const keys: Uint8Array[] = []
  for (const { key, value } of table.entries()) {
    const recorded = decodeStamped(key, value)
    const stats =
      recorded && valueOr(undefined, () => lstatSync(recorded.path, { bigint: true, throwIfNoEntry: false }))
    if (stats === undefined) keys.push(key)
  }
  return keys
}

function unneededPreimages({ context, actionTable }: DirectoryStore): Uint8Array[] {
  const needed = new Set<string>()
  for (const { key, value } of context.db.table('jobs-1').entries()) {
    const job = unsealJson(key, value)
    const steps = isObject(job) ? stringRecord(job.steps) : undefined
    for (const action of Object.values(steps ?? {})) needed.add(action)
  }
  for (const { key, value } of context.db.table('steps-1').entries()) {
    const last = unsealJson(key, value)
    if (isObject(last) && typeof last.key === 'string') needed.add(last.key)
  }
  const keys: Uint8Array[] = []
  for (const { key } of context.db.table('preimages-1').entries()) {
    const action = Buffer.from(key).toString('hex')
    if (!needed.has(action) && !actionTable.has(action)) keys.push(key)
  }
  return keys
}

function hasAction({ actionTable }: DirectoryStore, key: Uint8Array): boolean {
  return actionTable.has(Buffer.from(key).toString('hex'))
}

function unneededUses(store: DirectoryStore): Uint8Array[] {
  const keys: Uint8Array[] = []
  for (const { key } of store.context.db.table('uses-1').entries()) if (!hasAction(store, key)) keys.push(key)
  return keys
}

function oldTombstones({ context }: DirectoryStore): Uint8Array[] {
  const all: { readonly key: Uint8Array; readonly atMs: number }[] = []
  for (const { key, value } of context.db.table('tombstones-1').entries()) {
    const tombstone = parseTombstone(unsealJson(key, value))
    all.push({ key, atMs: tombstone === undefined ? 0 : Date.parse(tombstone.at) })
  }
  all.sort((a, b) => b.atMs - a.atMs)
  const oldestMs = context.now() - tombstoneMs
  return all.filter(({ atMs }, index) => index >= tombstonesMax || !(atMs >= oldestMs)).map(({ key }) => key)
}
