import type { ActionKey, ActionRecord } from '../contract/action-cache.ts'
import type { Use } from '../tables/uses.ts'

export interface Candidate {
  readonly key: ActionKey
  readonly record: ActionRecord | 'corrupt'
  readonly use: Use | undefined
  /** The hashes of all blobs that it needs. */
  readonly blobs: ReadonlySet<string>
}

const mebibyte = 1024 * 1024
const dayMs = 24 * 3600 * 1000
const longestBonusMs = 30 * dayMs

/** Orders actions for eviction: what goes first comes first. */
export function byWorth(a: Candidate, b: Candidate): number {
  return worthMs(a) - worthMs(b) || (a.key < b.key ? -1 : 1)
}

/**
 * Returns the moment at which an action counts as last used: each second that computing a mebibyte took counts as a day
 * later, up to 30 days, because such a result is expensive to compute again for its size.
 * After GreedyDual-Size (Cao and Irani, 1997), with time in place of the value of the last evicted.
 */
function worthMs({ record, use }: Candidate): number {
  if (record === 'corrupt') return 0
  const { durationMs, outputs } = record.result
  const sizeBytes = Object.values(outputs).reduce((sum, artifact) => sum + artifact.sizeBytes, 4096)
  const secondsPerMebibyte = durationMs / 1000 / (sizeBytes / mebibyte)
  return (use?.clockMs ?? 0) + Math.min(longestBonusMs, secondsPerMebibyte * dayMs)
}
