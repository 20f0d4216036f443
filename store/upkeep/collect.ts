import { renameSync, rmSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'
import { peekListing } from '../actions/action-blobs.ts'
import type { ActionRecord } from '../contract/action-cache.ts'
import type { StoreFailure } from '../contract/failure.ts'
import { neededBlobs } from '../contract/needed-blobs.ts'
import { err, ok, type Result } from '../contract/result.ts'
import type { PlannedEviction } from '../contract/store-limits.ts'
import { isSystemError, storeIoFailure, valueOr } from '../disk/io-failure.ts'
import { blobPath, newTmpPath } from '../disk/layout.ts'
import { makeDirectory } from '../disk/make-directory.ts'
import { removeFile } from '../disk/remove-file.ts'
import { hashKey, textKey } from '../lmdb/index-keys.ts'
import type { DirectoryStore } from '../local/directory-store.ts'
import { commitCount, countCommit } from '../tables/commit-count.ts'
import { noteCounted, putBytesUntilNow } from '../tables/size-count.ts'
import { useDelayMs } from '../tables/uses.ts'
import type { Amount, CollectionPlan, CollectionReport } from './collection-plan.ts'
import { liveRuns, neededFromMs } from './plan-collection.ts'
import { pruneMemories } from './prune.ts'
import { abandonedTmpFiles, type LitterFile, orphanFiles, quarantinedFiles } from './store-litter.ts'

/** Who removed an action, as a later miss says it. */
const collector = 'cache gc'

/** Records in one transaction: few enough that writers do not wait long for the lock. */
const recordsAtOnce = 200

/** How often the blobs that are needed are found again because something was committed meanwhile. */
const sweepAttemptsMax = 5

/** Longer than a process that looked an action up needs to say so. */
const graceMs = 3 * useDelayMs

export interface CollectOptions {
  /** A moment of `performance.now()` after which no further action and no further blob is taken. */
  readonly untilMs?: number
  /** Leaves alone what crashes have left, and what is remembered of things that are no more. */
  readonly blobsOnly?: boolean
}

interface Removed {
  readonly eviction: PlannedEviction
  readonly record: ActionRecord | undefined
}

/**
 * Does what a plan says, as far as it still holds: an action that was used meanwhile is left, and so is a blob that
 * anything committed since needs. May be interrupted at any moment; what it leaves is litter that the next one removes.
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
    const orphans = blobsOnly ? nothing : removeOrphans(store)
    const tmpFiles = blobsOnly ? nothing : removeFiles(abandonedTmpFiles(store.context))
    const quarantined = blobsOnly ? nothing : removeFiles(quarantinedFiles(store.context, plan.emptiesQuarantine))
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

const nothing: Amount = { count: 0, bytes: 0 }

/** Removes the records of actions, so that from here on nobody finds them. */
function removeActions(store: DirectoryStore, evictions: readonly PlannedEviction[], isOver: () => boolean): Removed[] {
  const { context, actionTable, uses } = store
  const { db, tombstones, now } = context
  const removed: Removed[] = []
  for (const chunk of chunksOf(evictions, recordsAtOnce)) {
    if (isOver()) break
    db.write(() => {
      // Also of runs that began after the plan was made.
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
 * Gives a run in another process, which may have looked an action up just before it was removed, the time to say so,
 * and puts back what turns out to be used, and returns that.
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
 * Removes the blobs that no action needs. What is needed is found without holding the lock; each removal then looks,
 * under the lock, whether anything was committed since, and if so it begins again. A commit that comes later finds
 * its blobs missing, and its caller stages them again.
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

/** Returns the blobs that no action needs, and what all blobs together occupy. */
function findUnneeded({ actionTable, context }: DirectoryStore): {
  readonly unneeded: readonly string[]
  readonly sizeBytes: number
} {
  const needed = new Set<string>()
  for (const { record } of actionTable.entries()) {
    if (record === 'corrupt') continue
    for (const { digest } of neededBlobs(record, (tree) => peekListing(context, tree)).blobs) needed.add(digest.hash)
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
 * Removes the files of blobs whose records are gone, and returns the hashes whose file was there. Under the lock they
 * are only moved, because freeing a large file takes long; a writer that puts the same blob anew either comes before,
 * and its record is seen, or after.
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
  const orphans = [...orphanFiles(store.context)]
  let count = 0
  let bytes = 0
  for (const chunk of chunksOf(orphans, recordsAtOnce)) {
    const removed = removeBlobFiles(
      store,
      chunk.map(({ hash }) => hash),
    )
    for (const { hash, sizeBytes } of chunk) {
      if (!removed.has(hash)) continue
      count += 1
      bytes += sizeBytes
    }
  }
  return { count, bytes }
}

function removeFiles(files: Iterable<LitterFile>): Amount {
  let count = 0
  let bytes = 0
  for (const { path, sizeBytes } of [...files]) {
    valueOr(undefined, () => rmSync(path, { recursive: true, force: true }))
    count += 1
    bytes += sizeBytes
  }
  return { count, bytes }
}

function* chunksOf<T>(items: readonly T[], size: number): Generator<readonly T[]> {
  for (let start = 0; start < items.length; start += size) yield items.slice(start, start + size)
}
