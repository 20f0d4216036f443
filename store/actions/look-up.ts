import { readListing } from '../blobs/tree-listings.ts'
import type { ActionKey, ActionRecord, Lookup } from '../contract/action-cache.ts'
import type { StoredArtifact } from '../contract/artifact.ts'
import { isHash } from '../contract/digest.ts'
import type { LocalStore } from '../contract/local/local-store.ts'
import { errorCode, isSystemError } from '../disk/io-failure.ts'
import type { DailyStats } from '../ledger/day-stats.ts'
import { hashKey } from '../lmdb/index-keys.ts'
import type { StoreContext } from '../local/store-context.ts'
import type { ActionTable } from '../tables/action-table.ts'
import type { BlobState } from '../tables/blob-table.ts'
import type { Uses } from '../tables/uses.ts'

interface Options {
  readonly context: StoreContext
  readonly actionTable: ActionTable
  readonly uses: Uses
  readonly days: DailyStats
}

/** Returns the look-up of a store in a directory, which counts hits and misses. */
export function createLookup({ context, actionTable, uses, days }: Options): LocalStore['lookup'] {
  return async (key, { signal } = {}) => {
    signal?.throwIfAborted()
    const found = lookUp(context, actionTable, key)
    if (found.kind === 'hit') uses.mark(key)
    days.count(key, found.kind === 'hit' ? found.record.result.durationMs : undefined)
    return found
  }
}

function lookUp(context: StoreContext, actionTable: ActionTable, key: ActionKey): Lookup {
  if (!isHash(key)) return { kind: 'absent' }
  try {
    context.db.refresh()
    const record = actionTable.get(key)
    if (record === 'corrupt') return { kind: 'corrupt', what: 'the record of the action has a wrong checksum' }
    return record === undefined ? whyAbsent(context, key) : checkOutputs(context, record)
  } catch (error) {
    if (!isSystemError(error)) throw error
    return { kind: 'corrupt', what: `the index cannot be read (${errorCode(error)})` }
  }
}

function whyAbsent({ tombstones }: StoreContext, key: ActionKey): Lookup {
  const tombstone = tombstones.get(hashKey(key))
  switch (tombstone?.kind) {
    case undefined:
      return { kind: 'absent' }
    case 'evicted':
      return { kind: 'evicted', evictedAt: tombstone.at, by: tombstone.by }
    case 'corrupt':
      return { kind: 'corrupt', what: tombstone.what }
    default:
      return tombstone satisfies never
  }
}

/** A hit has all its blobs; their bytes are checked when they are read. */
function checkOutputs(context: StoreContext, record: ActionRecord): Lookup {
  const missing: string[] = []
  const { outputs } = record.result
  for (const name of Object.keys(outputs)) {
    const artifact = outputs[name]
    if (artifact === undefined) continue
    const state = stateOfArtifact(context, artifact)
    if (state === 'corrupt') return { kind: 'corrupt', what: `the output '${name}' is damaged` }
    if (state === 'missing') missing.push(name)
  }
  return missing.length === 0 ? { kind: 'hit', record } : { kind: 'incomplete', missing }
}

function stateOfArtifact(context: StoreContext, { kind, digest }: StoredArtifact): BlobState {
  const state = context.blobTable.state(digest)
  if (kind !== 'tree' || state !== 'present') return state
  const entries = readListing(context, digest)
  if (entries === undefined) return 'corrupt'
  for (const entry of entries) {
    const entryState = context.blobTable.state(entry.digest)
    if (entryState !== 'present') return entryState
  }
  return 'present'
}
