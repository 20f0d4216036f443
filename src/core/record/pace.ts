/** How far a running step is, and what is known of it. */
export interface Pace {
  readonly elapsedMs: number
  /** From 0 to 1, where the step tells it. */
  readonly fraction?: number
  /** How long it still takes when it takes as long as its stage did before; below zero when it takes longer. */
  readonly historyLeftMs?: number
}

/** A step that is less far than this says nothing by its own pace. */
const tellingFraction = 0.05

/**
 * Returns about how long a running step still takes, or undefined where nothing is known. The further it is, the more
 * its own pace is believed rather than its stage's history.
 */
export function leftMs({ elapsedMs, fraction, historyLeftMs }: Pace): number | undefined {
  if (fraction === undefined || fraction < tellingFraction) return historyLeftMs
  const ownMs = (elapsedMs / fraction) * (1 - fraction)
  // A step that takes longer than before is not as it was before.
  if (historyLeftMs === undefined || historyLeftMs < 0) return ownMs
  return ownMs * fraction + historyLeftMs * (1 - fraction)
}
