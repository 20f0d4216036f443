import type { Segment } from '../results/hearing.ts'
import type { Span } from '../spans.ts'

/** A side as it was recorded: what is heard in it, and how high its waveform is. */
export interface RecordedSide {
  readonly segments: readonly Segment[]
  /** The highest sample between two seconds of the call, from 0 to 1. */
  readonly peakIn: (fromS: number, toS: number) => number
}

const windowS = 0.2
/** The other side is at least so much quieter where it leaks through an echo or a wire. */
const leastLossDb = 12
/** A side that speaks itself is not so much quieter than it is alone. */
const belowOwnDb = 8

/**
 * Leaves out what is heard of a side only because the other one leaks into it: where the other is heard at the same time and
 * much louder, and this one is much quieter than when it is alone.
 */
export function withoutLeaks(sides: readonly RecordedSide[]): readonly (readonly Segment[])[] {
  return sides.map((side, index) => {
    const other = sides[1 - index]
    if (sides.length !== 2 || other === undefined) return side.segments
    const own = levelAlone(side, other)
    return side.segments.flatMap((segment) => {
      const windows = windowsOf(segment)
      const heard = windows.filter((window) => !isLeak(side, other, window, own))
      if (heard.length === windows.length) return [segment]
      const kept: Segment[] = []
      for (const window of heard) {
        const before = kept.at(-1)
        if (before !== undefined && before.toS === window.fromS) kept[kept.length - 1] = { ...before, toS: window.toS }
        else kept.push({ kind: segment.kind, ...window })
      }
      // What is left beside a leak, and shorter, is its end.
      return kept.filter(({ fromS, toS }) => toS - fromS >= windowS - 1e-6)
    })
  })
}

function isLeak(side: RecordedSide, other: RecordedSide, { fromS, toS }: Span, ownDb: number | undefined): boolean {
  if (!isHeard(other, fromS, toS)) return false
  const db = levelDb(side, fromS, toS)
  return levelDb(other, fromS, toS) - db >= leastLossDb && (ownDb === undefined || db < ownDb - belowOwnDb)
}

/** Returns how loud a side is while the other is not heard; undefined where it never is. */
function levelAlone(side: RecordedSide, other: RecordedSide): number | undefined {
  const levels = side.segments
    .filter(({ kind }) => kind === 'speech')
    .flatMap(windowsOf)
    .filter(({ fromS, toS }) => !isHeard(other, fromS, toS))
    .map(({ fromS, toS }) => levelDb(side, fromS, toS))
    .sort((one, other) => one - other)
  // A few windows are the ends of what leaks.
  return levels.length < 3 ? undefined : levels[Math.floor(levels.length / 2)]
}

function isHeard({ segments }: RecordedSide, fromS: number, toS: number): boolean {
  return segments.some((segment) => segment.fromS < toS && segment.toS > fromS)
}

function levelDb({ peakIn }: RecordedSide, fromS: number, toS: number): number {
  return 20 * Math.log10(peakIn(fromS, toS) + 1e-4)
}

function windowsOf({ fromS, toS }: Span): readonly Span[] {
  const count = Math.max(1, Math.round((toS - fromS) / windowS))
  const place = (index: number) => Math.round((fromS + (index * (toS - fromS)) / count) * 100) / 100
  return Array.from({ length: count }, (_, index) => ({ fromS: place(index), toS: place(index + 1) }))
}
