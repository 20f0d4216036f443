import { renameSync, rmSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'
import { blobsOf } from '../actions/action-blobs.ts'
import type { ActionRecord } from '../contract/action-cache.ts'
import type { StoreFailure } from '../contract/failure.ts'
import type { PlannedEviction } from '../contract/local/store-limits.ts'
import { err, ok, type Result } from '../contract/result.ts'
import { isSystemError, storeIoFailure, valueOr } from '../disk/io-failure.ts'
import { blobPath, newTmpPath } from '../disk/layout.ts'
import { makeDirectory } from '../disk/make-directory.ts'
import { removeFile } from '../disk/remove-file.ts'
import { hashKey, textKey } from '../lmdb/index-keys.ts'
import type { DirectoryStore } from '../local/directory-store.ts'
import { commitCount, countCommit } from '../tables/commit-count.ts'
import { noteCounted, putBytesUntilNow } from '../tables/size-count.ts'
import { useDelayMs } from '../tables/uses.ts'
import { type Amount, amountOf, noAmount } from './amount.ts'
import type { CollectionPlan, CollectionReport } from './collection.ts'
import { liveRuns, neededFromMs } from './plan-collection.ts'
import { pruneMemories } from './prune.ts'
import { abandonedTmpFiles, type LitterFile, orphanFiles, quarantinedFiles } from './store-litter.ts'

/** The name that a later miss gives for who removed an action. */
const collector = 'cache gc'

/** Records in one transaction: few enough that writers do not wait long for the lock. */
const recordsAtOnce = 200

/** How often the needed blobs are found again because of a commit meanwhile. */
const sweepAttemptsMax = 5

/** Longer than a process needs to record that it looked an action up. */
const graceMs = 3 * useDelayMs

export interface CollectOptions {
  /** A moment of `performance.now()` after which no further action or blob is removed. */
  readonly untilMs?: number
  /** Leaves litter, and records of things that do not exist any more. */
  readonly blobsOnly?: boolean
}

interface Removed {
  readonly eviction: PlannedEviction
  readonly record: ActionRecord | undefined
}

/**
 * Carries out a plan, but keeps actions that were used meanwhile, and blobs that a new action needs. It may be
 * interrupted at any moment: the next collection removes what is left.
 */
export async function collect(
  store: DirectoryStore,
  plan: CollectionPlan,
  { untilMs = Number.POSITIVE_INFINITY, blobsOnly = false }: CollectOptions = {},
): Promise<Result<CollectionReport, StoreFailure>> {
  if (store.readOnly) return err({ kind: 'store-read-only', dir: store.dir })
  const lease = await store.leases.acquire('collection', 'collecting')
  try {
    makeDirectory(store.context.layout.tmp, 0o700)
    const isOver = () => performance.now() >= untilMs
    const removed = removeActions(store, plan.evictions, isOver)
    const restored = await restoreUsed(store, removed)
    const evicted = removed.filter((one) => !restored.has(one)).map(({ eviction }) => eviction)
    const blobs = sweepBlobs(store, isOver)
    const orphans = blobsOnly ? noAmount : removeOrphans(store)
    const tmpFiles = blobsOnly ? noAmount : removeFiles(abandonedTmpFiles(store.context))
    const quarantined = blobsOnly ? noAmount : removeFiles(quarantinedFiles(store.context, plan.emptiesQuarantine))
    if (!blobsOnly) {
      pruneMemories(store)
      store.leases.forgetDead()
    }
    const { fileBytes, freeBytes } = store.context.db.size()
    return ok({
      actions: evicted.length,
      evicted,
      blobs,
      orphanFiles: orphans,
      tmpFiles,
      quarantined,
      freedBytes: blobs.bytes + orphans.bytes + tmpFiles.bytes + quarantined.bytes,
      spared: plan.evictions.length - evicted.length,
      index: { fileBytes, freeBytes },
    })
  } catch (error) {
    if (!isSystemError(error)) throw error
    return err(storeIoFailure(store.dir, 'collect', error))
  } finally {
    lease.release()
  }
}

/** Removes the records of actions, so that no later look-up finds them. */
function removeActions(store: DirectoryStore, evictions: readonly PlannedEviction[], isOver: () => boolean): Removed[] {
  const { context, actionTable, uses } = store
  const { db, tombstones, now } = context
  const removed: Removed[] = []
  for (const chunk of chunksOf(evictions, recordsAtOnce)) {
    if (isOver()) break
    db.write(() => {
      // Read again, because runs may have begun after the plan was made.
      const neededMs = neededFromMs(liveRuns(store))
      for (const eviction of chunk) {
        const { key, lastUsedMs } = eviction
        const record = actionTable.get(key)
        const use = uses.get(key)
        if (record === undefined || (use?.lastMs ?? 0) !== lastUsedMs) continue
        if (record !== 'corrupt' && use !== undefined && use.clockMs >= neededMs) continue
        actionTable.remove(key)
        tombstones.put(hashKey(key), { kind: 'evicted', at: new Date(now()).toISOString(), by: collector })
        removed.push({ eviction, record: record === 'corrupt' ? undefined : record })
      }
    })
  }
  return removed
}

/**
 * Puts back the actions that runs in other processes looked up just before they were removed, and returns them. Waits
 * first, because a run records its look-ups a moment later.
 */
async function restoreUsed(store: DirectoryStore, removed: readonly Removed[]): Promise<ReadonlySet<Removed>> {
  const { context, actionTable, uses } = store
  const { db, tombstones } = context
  const others = liveRuns(store).some(({ own }) => !own)
  if (others && removed.length > 0) await delay(graceMs)
  const restored = new Set<Removed>()
  for (const chunk of chunksOf(removed, recordsAtOnce)) {
    db.write(() => {
      for (const one of chunk) {
        const { eviction, record } = one
        const { key, lastUsedMs } = eviction
        if (record !== undefined && (uses.get(key)?.lastMs ?? 0) !== lastUsedMs) {
          if (!actionTable.has(key)) actionTable.put(record)
          countCommit(db)
          tombstones.remove(hashKey(key))
          restored.add(one)
        } else if (!actionTable.has(key)) uses.remove(key)
      }
    })
  }
  return restored
}

/**
 * Removes the blobs that no action needs. They are found without the lock; each removal checks under the lock whether
 * anything was committed since, and then begins again. A later commit finds its blobs missing, and its caller stages
 * them again.
 */
function sweepBlobs(store: DirectoryStore, isOver: () => boolean): Amount {
  const { db, blobTable } = store.context
  let count = 0
  let bytes = 0
  for (let attemptNumber = 1; attemptNumber <= sweepAttemptsMax; attemptNumber++) {
    db.refresh()
    const commits = commitCount(db)
    const putBytesThen = putBytesUntilNow(db)
    const found = findUnneeded(store)
    let leftBytes = found.sizeBytes
    let overtaken = false
    for (const chunk of chunksOf(found.unneeded, recordsAtOnce)) {
      if (isOver()) break
      const files: string[] = []
      overtaken = db.write(() => {
        if (commitCount(db) !== commits) return true
        for (const hash of chunk) {
          const entry = blobTable.entry(hash)
          blobTable.remove(hash)
          count += 1
          bytes += entry?.sizeBytes ?? 0
          leftBytes -= entry?.sizeBytes ?? 0
          if (entry?.where !== 'inline') files.push(hash)
        }
        return false
      })
      if (overtaken) break
      if (files.length > 0) removeBlobFiles(store, files)
    }
    db.write(() => noteCounted(db, leftBytes, putBytesThen))
    if (!overtaken) break
  }
  return { count, bytes }
}

/** Returns the blobs that no action needs, and the size of all blobs. */
function findUnneeded({ actionTable, context }: DirectoryStore): {
  readonly unneeded: readonly string[]
  readonly sizeBytes: number
} {
  const needed = new Set<string>()
  for (const { record } of actionTable.entries()) {
    if (record === 'corrupt') continue
    for (const { digest } of blobsOf(context, record).blobs) needed.add(digest.hash)
  }
  const unneeded: string[] = []
  let sizeBytes = 0
  for (const entry of context.blobTable.entries()) {
    sizeBytes += entry.sizeBytes
    if (!needed.has(entry.hash)) unneeded.push(entry.hash)
  }
  return { unneeded, sizeBytes }
}

/**
 * Removes the files of blobs without a record, and returns the hashes of those that existed. Under the lock they are
 * only moved, because removing a large file takes long.
 */
function removeBlobFiles({ context }: DirectoryStore, hashes: readonly string[]): ReadonlySet<string> {
  const { db, layout, blobTable } = context
  const stamps = db.table('file-digests-1')
  const aside = new Map<string, string>()
  db.write(() => {
    for (const hash of hashes) {
      if (blobTable.entry(hash)?.where === 'file') continue
      const path = blobPath(layout, hash)
      const tmp = newTmpPath(layout)
      const moved = valueOr(false, () => {
        renameSync(path, tmp)
        return true
      })
      if (!moved) continue
      aside.set(hash, tmp)
      const key = textKey(path)
      if (stamps.has(key)) stamps.remove(key)
    }
  })
  for (const tmp of aside.values()) removeFile(tmp)
  return new Set(aside.keys())
}

function removeOrphans(store: DirectoryStore): Amount {
  const removed = chunksOf([...orphanFiles(store.context)], recordsAtOnce).map((chunk) => {
    const hashes = removeBlobFiles(
      store,
      chunk.map(({ hash }) => hash),
    )
    return chunk.filter(({ hash }) => hashes.has(hash))
  })
  return amountOf(removed.flat())
}

function removeFiles(found: Iterable<LitterFile>): Amount {
  const files = [...found]
  for (const { path } of files) valueOr(undefined, () => rmSync(path, { recursive: true, force: true }))
  return amountOf(files)
}

function chunksOf<T>(items: readonly T[], size: number): readonly (readonly T[])[] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, n) => items.slice(n * size, (n + 1) * size))
}
