import { statfsSync } from 'node:fs'
import { blobsOf } from '../actions/action-blobs.ts'
import type { StoreFailure } from '../contract/failure.ts'
import type { EvictionReason, PlannedEviction } from '../contract/local/store-limits.ts'
import { fileOfBlob } from '../contract/needed-blobs.ts'
import type { Result } from '../contract/result.ts'
import { attempt, valueOr } from '../disk/io-failure.ts'
import { runLeasePrefix } from '../leases/lease-names.ts'
import type { HeldLease } from '../leases/local-leases.ts'
import type { DirectoryStore } from '../local/directory-store.ts'
import { resolutionMs } from '../tables/uses.ts'
import { amountOf } from './amount.ts'
import type { CollectionOptions, CollectionPlan } from './collection.ts'
import { byWorth, type Candidate } from './eviction-order.ts'
import { findLitter } from './store-litter.ts'

/** A blob's size and how many actions need it. */
interface Weight {
  readonly sizeBytes: number
  needs: number
}

/** Returns what a collection would remove, in which order and why. Changes nothing. */
export function planCollection(
  store: DirectoryStore,
  options: CollectionOptions = {},
): Result<CollectionPlan, StoreFailure> {
  return attempt(store.dir, 'plan a collection', () => makePlan(store, options))
}

function makePlan(store: DirectoryStore, options: CollectionOptions): CollectionPlan {
  store.context.db.refresh()
  const runs = liveRuns(store)
  const protectedFromMs = neededFromMs(runs)
  const candidates = readCandidates(store)
  const weights = weigh(store, candidates)
  const unneeded = amountOf([...weights.values()].filter(({ needs }) => needs === 0))
  const needed = amountOf([...weights.values()].filter(({ needs }) => needs > 0))
  const sizeBytes = needed.bytes + unneeded.bytes
  const limitBytes = sizeLimit(store.dir, sizeBytes, options)
  const evictions: PlannedEviction[] = []
  let keptBytes = needed.bytes
  const protectedByRuns: { readonly sizeBytes: number }[] = []
  for (const candidate of candidates.sort(byWorth)) {
    const reason = evictionReason(store, candidate, { ...options, keptBytes, limitBytes })
    if (reason === undefined) continue
    if (isNeededByRun(candidate, protectedFromMs)) {
      protectedByRuns.push({ sizeBytes: sizeOf(candidate, weights) })
      continue
    }
    const eviction = evictionOf(candidate, reason, weights)
    evictions.push(eviction)
    keptBytes -= eviction.freesBytes
  }
  const emptiesQuarantine = options.maxSizeBytes === 0
  const litter = findLitter(store.context, emptiesQuarantine)
  const litterBytes = litter.orphanFiles.bytes + litter.tmpFiles.bytes + litter.quarantined.bytes
  return {
    evictions,
    kept: { count: candidates.length - evictions.length, bytes: keptBytes },
    protectedByRuns: amountOf(protectedByRuns),
    unneededBlobs: unneeded,
    ...litter,
    sizeBytes,
    sizeBytesAfter: keptBytes,
    freesBytes: sizeBytes - keptBytes + litterBytes,
    liveRuns: runs.length,
    emptiesQuarantine,
  }
}

export function liveRuns({ leases }: DirectoryStore): readonly HeldLease[] {
  return leases.held(runLeasePrefix)
}

/** Returns the moment, by the store's clock, since which a live run may need what was used; infinity without a run. */
export function neededFromMs(runs: readonly HeldLease[]): number {
  return Math.min(...runs.map(({ acquiredClockMs }) => acquiredClockMs)) - resolutionMs
}

function readCandidates({ actionTable, uses, context }: DirectoryStore): Candidate[] {
  const candidates: Candidate[] = []
  for (const { key, record } of actionTable.entries()) {
    const needed = record === 'corrupt' ? [] : blobsOf(context, record).blobs
    candidates.push({ key, record, use: uses.get(key), blobs: new Set(needed.map(({ digest }) => digest.hash)) })
  }
  return candidates
}

function weigh({ context }: DirectoryStore, candidates: readonly Candidate[]): Map<string, Weight> {
  const weights = new Map<string, Weight>()
  for (const { hash, sizeBytes } of context.blobTable.entries()) weights.set(hash, { sizeBytes, needs: 0 })
  for (const { blobs } of candidates) {
    for (const hash of blobs) {
      const weight = weights.get(hash)
      if (weight !== undefined) weight.needs += 1
    }
  }
  return weights
}

function sizeOf({ blobs }: Candidate, weights: ReadonlyMap<string, Weight>): number {
  let bytes = 0
  for (const hash of blobs) bytes += weights.get(hash)?.sizeBytes ?? 0
  return bytes
}

function sizeLimit(dir: string, sizeBytes: number, { maxSizeBytes, minFreeBytes }: CollectionOptions): number {
  const limit = maxSizeBytes ?? Number.POSITIVE_INFINITY
  if (minFreeBytes === undefined) return limit
  const lacking = valueOr(0, () => {
    const { bavail, bsize } = statfsSync(dir)
    return minFreeBytes - bavail * bsize
  })
  return lacking > 0 ? Math.min(limit, Math.max(0, sizeBytes - lacking)) : limit
}

function evictionReason(
  { context }: DirectoryStore,
  { record, use }: Candidate,
  { maxAgeMs, keptBytes, limitBytes }: CollectionOptions & { readonly keptBytes: number; readonly limitBytes: number },
): EvictionReason | undefined {
  if (record === 'corrupt') return 'corrupt'
  const unusedMs = use === undefined ? 0 : context.clock.nowMs() - use.clockMs
  if (maxAgeMs !== undefined && unusedMs > maxAgeMs) return 'age'
  // A limit of zero removes even actions without bytes.
  return keptBytes > limitBytes || limitBytes === 0 ? 'size' : undefined
}

function isNeededByRun({ record, use }: Candidate, protectedFromMs: number): boolean {
  return record !== 'corrupt' && use !== undefined && use.clockMs >= protectedFromMs
}

/** Plans an eviction, and takes the action's needs off its blobs, for the evictions after it. */
function evictionOf(
  candidate: Candidate,
  reason: EvictionReason,
  weights: ReadonlyMap<string, Weight>,
): PlannedEviction {
  const { key, record, use } = candidate
  const sizeBytes = sizeOf(candidate, weights)
  let freesBytes = 0
  for (const hash of candidate.blobs) {
    const weight = weights.get(hash)
    if (weight === undefined) continue
    weight.needs -= 1
    if (weight.needs === 0) freesBytes += weight.sizeBytes
  }
  const base = { key, reason, freesBytes, sizeBytes, lastUsedMs: use?.lastMs ?? 0, hits: use?.hits ?? 0 }
  if (record === 'corrupt') return { ...base, pipeline: '', step: '', job: '', files: [], durationMs: 0 }
  const { pipeline, step, job } = record.labels
  const files = Object.entries(record.result.outputs).map(([output, { digest }]) =>
    fileOfBlob(record, { output, digest }),
  )
  return { ...base, pipeline, step, job, files, durationMs: record.result.durationMs }
}
