import { describeStoreFailure, type StoreLimits } from '../../../store/index.ts'
import type { Outcome } from '../../core/index.ts'
import type { RunContext } from '../site/run-context.ts'

/** The share of a run's time that collecting may take, and the minimum. */
const shareOfRun = 0.05
const leastMs = 500

/** How many of the removed results the event names. */
const namedMax = 20

/**
 * Keeps the store within its limits at the end of a run that added to it, and says what went. A run in which nothing
 * was executed asks for nothing.
 */
export async function keepStore(
  { store, emit }: Pick<RunContext, 'store' | 'emit'>,
  limits: StoreLimits,
  outcomes: ReadonlyMap<string, Outcome>,
  elapsedMs: number,
): Promise<void> {
  if (store.readOnly || ![...outcomes.values()].some(({ kind }) => kind === 'executed')) return
  const kept = await store.keepWithin(limits, Math.max(leastMs, elapsedMs * shareOfRun))
  if (!kept.ok) {
    const message = `the store is still over its limit: ${describeStoreFailure(kept.error)}`
    emit({ event: 'pipeline_warning', message })
  } else if (kept.value !== undefined) {
    const { maxSizeBytes, sizeBytes, freedBytes, evicted, isStillOver } = kept.value
    emit({
      event: 'store_collected',
      max_size_bytes: maxSizeBytes,
      size_bytes: sizeBytes,
      freed_bytes: freedBytes,
      results: evicted.length,
      removed: evicted.slice(0, namedMax).map(({ pipeline, step, job, files }) => ({ pipeline, step, job, files })),
      still_over: isStillOver,
    })
  }
}
