import { statfsSync } from 'node:fs'
import { blobsOf } from '../actions/action-blobs.ts'
import type { StoreFailure } from '../contract/failure.ts'
import type { DayStats } from '../contract/local/ledger.ts'
import type { Result } from '../contract/result.ts'
import { attempt } from '../disk/io-failure.ts'
import type { IndexSize } from '../lmdb/index-db.ts'
import type { DirectoryStore } from '../local/directory-store.ts'
import type { Amount } from './amount.ts'
import { maxSizeOf } from './default-max-size.ts'

/** What the store holds of one step of a pipeline. */
export interface StepStats {
  readonly pipeline: string
  readonly step: string
  readonly actions: number
  /** The step's blobs, each once; one that several steps need counts for each of them. */
  readonly bytes: number
  readonly hits: number
  /** The time that the hits saved. */
  readonly savedMs: number
}

/** What a store holds, and its disk's room. */
export interface StoreStats {
  readonly dir: string
  readonly actions: number
  readonly jobs: number
  readonly inline: Amount
  readonly outOfLine: Amount
  /** By bytes, the largest first. */
  readonly steps: readonly StepStats[]
  readonly index: IndexSize
  readonly disk: { readonly totalBytes: number; readonly freeBytes: number }
  /** What a collection at the end of a run leaves, unless told otherwise. */
  readonly maxSizeBytes: number
  /** Look-ups of the last days, the newest last. */
  readonly days: readonly DayStats[]
}

/** Returns what a store holds, by pipeline and step, and its disk's room. */
export function storeStats(store: DirectoryStore): Result<StoreStats, StoreFailure> {
  return attempt(store.dir, 'count', () => {
    const { context, dir, ledger } = store
    context.db.refresh()
    const disk = statfsSync(dir)
    const sizes = new Map<string, number>()
    const amounts = { inline: { count: 0, bytes: 0 }, file: { count: 0, bytes: 0 } }
    for (const { hash, where, sizeBytes } of context.blobTable.entries()) {
      sizes.set(hash, sizeBytes)
      amounts[where].count += 1
      amounts[where].bytes += sizeBytes
    }
    return {
      dir,
      actions: store.actionTable.count(),
      jobs: ledger.jobs.list().length,
      inline: amounts.inline,
      outOfLine: amounts.file,
      steps: statsOfSteps(store, sizes),
      index: context.db.size(),
      disk: { totalBytes: disk.blocks * disk.bsize, freeBytes: disk.bavail * disk.bsize },
      maxSizeBytes: maxSizeOf(disk),
      days: ledger.days.recent(),
    }
  })
}

interface Sum {
  readonly pipeline: string
  readonly step: string
  readonly blobs: Set<string>
  actions: number
  bytes: number
  hits: number
  savedMs: number
}

function statsOfSteps({ actionTable, uses, context }: DirectoryStore, sizes: ReadonlyMap<string, number>): StepStats[] {
  const sums = new Map<string, Sum>()
  for (const { key, record } of actionTable.entries()) {
    if (record === 'corrupt') continue
    const { pipeline, step } = record.labels
    const name = `${pipeline}\0${step}`
    const sum = sums.get(name) ?? { pipeline, step, blobs: new Set(), actions: 0, bytes: 0, hits: 0, savedMs: 0 }
    sums.set(name, sum)
    const hits = uses.get(key)?.hits ?? 0
    sum.actions += 1
    sum.hits += hits
    sum.savedMs += hits * record.result.durationMs
    for (const { digest } of blobsOf(context, record).blobs) {
      if (sum.blobs.has(digest.hash)) continue
      sum.blobs.add(digest.hash)
      sum.bytes += sizes.get(digest.hash) ?? 0
    }
  }
  return [...sums.values()]
    .map(({ blobs: _blobs, ...stats }) => stats)
    .sort((a, b) => b.bytes - a.bytes || (a.step < b.step ? -1 : 1))
}
