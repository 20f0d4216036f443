import { abortCommit } from '../blobs/commit.ts'
import { readListing } from '../blobs/tree-listings.ts'
import type { ActionCache, ActionKey, ActionRecord, Lookup } from '../contract/action-cache.ts'
import type { StoredArtifact } from '../contract/artifact.ts'
import { isHash, sameDigest } from '../contract/digest.ts'
import { err } from '../contract/result.ts'
import { attempt, errorCode, isSystemError } from '../disk/io-failure.ts'
import type { DailyStats } from '../ledger/day-stats.ts'
import { hashKey } from '../lmdb/index-keys.ts'
import type { StoreContext } from '../local/store-context.ts'
import type { ActionTable } from '../tables/action-table.ts'
import type { BlobState } from '../tables/blob-table.ts'
import type { Uses } from '../tables/uses.ts'
import type { CommitQueue } from './commit-queue.ts'

interface Options {
  readonly context: StoreContext
  readonly commits: CommitQueue
  readonly actionTable: ActionTable
  readonly uses: Uses
  readonly days: DailyStats
}

/** What took no longer may be lost in a crash a moment later: it is computed again as quickly. */
const shortMs = 10

/** Returns the actions of a store in a directory. */
export function createLocalActions({ context, commits, actionTable, uses, days }: Options): ActionCache {
  const { db, layout, tombstones, now } = context
  return {
    async lookup(key) {
      const found = lookUp(context, actionTable, key)
      if (found.kind === 'hit') uses.mark(key, true)
      days.count(key, found.kind === 'hit' ? found.record.result.durationMs : undefined)
      return found
    },
    async commit(record, staged) {
      if (!isHash(record.key)) throw new TypeError(`${record.key} is not an action key`)
      const write = () => {
        for (const { digest } of Object.values(record.result.outputs)) {
          // What is staged is there by now, or nothing is committed.
          if (staged.some((blob) => sameDigest(blob.digest, digest))) continue
          if (context.blobTable.state(digest) !== 'present') abortCommit({ kind: 'blob-missing', hash: digest.hash })
        }
        actionTable.put(record)
        tombstones.remove(hashKey(record.key))
        uses.markNow(record.key)
      }
      return commits.commit(staged, write, record.result.durationMs < shortMs)
    },
    async remove(keys, by) {
      if (db.readOnly) return err({ kind: 'store-read-only', dir: layout.dir })
      const at = new Date(now()).toISOString()
      return attempt(layout.dir, 'remove actions', () =>
        db.write(() => {
          for (const key of keys) {
            if (!actionTable.has(key)) continue
            actionTable.remove(key)
            uses.remove(key)
            tombstones.put(hashKey(key), { kind: 'evicted', at, by })
          }
        }),
      )
    },
    countHits(hits, notedMs) {
      for (const { key, savedMs } of hits) days.count(key, savedMs)
      if (uses.isJustNoted(notedMs)) return notedMs
      return hits.reduce((oldestMs, { key }) => Math.min(oldestMs, uses.mark(key, true)), Number.POSITIVE_INFINITY)
    },
    touch: (keys) =>
      keys.reduce((oldestMs, key) => Math.min(oldestMs, uses.mark(key, false)), Number.POSITIVE_INFINITY),
  }
}

/**
 * A hit may be as old as this: a thousand in a row share a few snapshots. An action that another process removes
 * meanwhile is one that it might as well have removed just after the look-up, and what is served of it is checked as
 * ever: a blob's file is looked for on the disk, and the bytes of either kind are hashed on the way out.
 */
const hitWithinMs = 2

function lookUp(context: StoreContext, actionTable: ActionTable, key: ActionKey): Lookup {
  if (!isHash(key)) return { kind: 'absent' }
  try {
    context.db.refresh(hitWithinMs)
    const found = lookUpNow(context, actionTable, key)
    // Another process may have committed the action a moment ago.
    return found.kind !== 'hit' && context.db.refresh() ? lookUpNow(context, actionTable, key) : found
  } catch (error) {
    if (!isSystemError(error)) throw error
    return { kind: 'corrupt', what: `the index cannot be read (${errorCode(error)})` }
  }
}

function lookUpNow(context: StoreContext, actionTable: ActionTable, key: ActionKey): Lookup {
  const record = actionTable.get(key)
  if (record === 'corrupt') return { kind: 'corrupt', what: 'the record of the action does not check' }
  return record === undefined ? whyAbsent(context, key) : checkOutputs(context, record)
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

/** A hit's blobs are all there; whether their bytes are right shows when they are read. */
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
