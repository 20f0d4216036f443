import { linkStatOf } from '../disk/file-stamp.ts'
import { jobEntries, lastActions } from '../ledger/job-records.ts'
import { decodeStamped } from '../ledger/stamp-record.ts'
import { unsealJson } from '../lmdb/envelope.ts'
import type { Table } from '../lmdb/index-db.ts'
import type { TableName } from '../lmdb/index-environment.ts'
import type { DirectoryStore } from '../local/directory-store.ts'
import { parseTombstone } from '../tables/tombstones.ts'

/** How long a tombstone is kept: a person may return to a job after months. */
const tombstoneMs = 180 * 24 * 3600 * 1000
const tombstonesMax = 50_000

const recordsAtOnce = 1000

/** Removes records of things that do not exist any more: stamps of files, preimages of actions, old tombstones. */
export function pruneMemories(store: DirectoryStore): void {
  const { db } = store.context
  removeKeys(store, 'file-digests-1', staleStamps(db.table('file-digests-1')))
  removeKeys(store, 'preimages-1', unneededPreimages(store))
  const isUnneeded = (key: Uint8Array) => !hasAction(store, key)
  removeKeys(store, 'uses-1', keysIn(db.table('uses-1')).filter(isUnneeded), isUnneeded)
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
    const path = decodeStamped(key, value)?.path
    if (path === undefined || linkStatOf(path) === undefined) keys.push(key)
  }
  return keys
}

function unneededPreimages(store: DirectoryStore): Uint8Array[] {
  const { db } = store.context
  const needed = new Set(jobEntries(db).flatMap(({ steps }) => Object.values(steps)))
  for (const { action } of lastActions(db)) needed.add(action)
  return keysIn(db.table('preimages-1')).filter(
    (key) => !needed.has(Buffer.from(key).toString('hex')) && !hasAction(store, key),
  )
}

function keysIn(table: Table): Uint8Array[] {
  return Array.from(table.entries(), ({ key }) => key)
}

function hasAction({ actionTable }: DirectoryStore, key: Uint8Array): boolean {
  return actionTable.has(Buffer.from(key).toString('hex'))
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
