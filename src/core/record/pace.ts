/** The progress of a running step, and its history. */
export interface Pace {
  readonly elapsedMs: number
  /** From 0 to 1, if the step reports it. */
  readonly fraction?: number
  /** The time left if it takes as long as its stage did before; negative if it takes longer. */
  readonly historyLeftMs?: number
}

/** Below this progress, a step's own pace says nothing. */
const tellingFraction = 0.05

/**
 * Returns the estimated time left of a running step, or undefined if unknown. The further it is, the more
 * its own pace counts against its stage's history.
 */
export function leftMs({ elapsedMs, fraction, historyLeftMs }: Pace): number | undefined {
  if (fraction === undefined || fraction < tellingFraction) return historyLeftMs
  const ownMs = (elapsedMs / fraction) * (1 - fraction)
  // A step that takes longer than before is not as it was before.
  if (historyLeftMs === undefined || historyLeftMs < 0) return ownMs
  return ownMs * fraction + historyLeftMs * (1 - fraction)
}
