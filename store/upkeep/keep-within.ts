import { statfsSync } from 'node:fs'
import type { StoreFailure } from '../contract/failure.ts'
import type { StoreLimits, StoreTrim } from '../contract/local/store-limits.ts'
import { ok, type Result } from '../contract/result.ts'
import { attempt } from '../disk/io-failure.ts'
import type { DirectoryStore } from '../local/directory-store.ts'
import { noteCounted, putBytesUntilNow, sizeAtMost } from '../tables/size-count.ts'
import { collect } from './collect.ts'
import { defaultMaxSizeBytes } from './default-max-size.ts'
import { planCollection } from './plan-collection.ts'

/** The part of the limit that a collection leaves, so that not every run has to collect. */
const shareLeft = 0.9

/**
 * Removes what was unused longest where a store exceeds its limits, for about `budgetMs`; the next call continues.
 * Returns undefined where it does not exceed them, which costs one look-up and one `statfs`.
 */
export async function keepWithin(
  store: DirectoryStore,
  limits: StoreLimits,
  budgetMs: number,
): Promise<Result<StoreTrim | undefined, StoreFailure>> {
  if (store.readOnly) return ok(undefined)
  const { db } = store.context
  const maxSize = limits.maxSizeBytes === undefined ? defaultMaxSizeBytes(store.dir) : ok(limits.maxSizeBytes)
  if (!maxSize.ok) return maxSize
  const maxSizeBytes = maxSize.value
  const { minFreeBytes } = limits
  const lacking = attempt(store.dir, 'statfs', () => minFreeBytes !== undefined && lacksRoom(store.dir, minFreeBytes))
  if (!lacking.ok) return lacking
  db.refresh()
  if (!lacking.value && (sizeAtMost(db) ?? Number.POSITIVE_INFINITY) <= maxSizeBytes) return ok(undefined)
  const untilMs = performance.now() + budgetMs
  const putBytesThen = attempt(store.dir, 'count', () => putBytesUntilNow(db))
  if (!putBytesThen.ok) return putBytesThen
  const target = { maxSizeBytes: Math.floor(maxSizeBytes * shareLeft) }
  const plan = planCollection(store, minFreeBytes === undefined ? target : { ...target, minFreeBytes })
  if (!plan.ok) return plan
  const { sizeBytes, evictions, unneededBlobs } = plan.value
  const isOver = lacking.value || sizeBytes > maxSizeBytes
  if (!isOver || (evictions.length === 0 && unneededBlobs.count === 0)) {
    const noted = attempt(store.dir, 'count', () => db.write(() => noteCounted(db, sizeBytes, putBytesThen.value)))
    if (!noted.ok) return noted
    return ok(isOver ? { maxSizeBytes, sizeBytes, freedBytes: 0, evicted: [], isStillOver: true } : undefined)
  }
  const done = await collect(store, plan.value, { untilMs, blobsOnly: true })
  if (!done.ok) return done
  const { freedBytes, evicted } = done.value
  return ok({ maxSizeBytes, sizeBytes, freedBytes, evicted, isStillOver: sizeBytes - freedBytes > maxSizeBytes })
}

function lacksRoom(dir: string, minFreeBytes: number): boolean {
  const { bavail, bsize } = statfsSync(dir)
  return bavail * bsize < minFreeBytes
}
