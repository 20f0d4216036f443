import type { ThreadContext } from 'reprise'
import { matchClocks } from '../../sound/match.ts'
import type { SoundFile } from '../../sound/sound-file.ts'
import type { Alignment } from '../results/recording.ts'

export interface AlignRequest {
  readonly sounds: readonly SoundFile[]
  readonly maxOffsetS: number
}

/** Finds how the recordings of a call lie in the time of the call, which begins with the first of them. */
export default function align({ sounds, maxOffsetS }: AlignRequest, { progress }: ThreadContext): Alignment {
  const [first, ...others] = sounds
  const clocks = others.map((other) =>
    first === undefined ? undefined : matchClocks(first, other, maxOffsetS, progress),
  )
  // What is at t in the first is at offset + t * (1 + drift) in the other: this begins where that is 0.
  const starts = clocks.map((clock) => (clock === undefined ? 0 : -clock.offsetS / (1 + clock.driftPpm / 1e6)))
  const earliest = Math.min(0, ...starts)
  const legs = [
    { startS: 0, driftPpm: 0 },
    ...clocks.map((clock, index) => ({ startS: starts[index] ?? 0, driftPpm: clock?.driftPpm ?? 0 })),
  ]
  return {
    legs: legs.map(({ startS, driftPpm }) => ({
      startS: tenThousandths(startS - earliest),
      driftPpm: Math.round(driftPpm * 10) / 10,
    })),
    by: clocks.some((clock) => clock !== undefined) ? 'sound' : 'start',
    confidence: Math.round(Math.min(1, ...clocks.map((clock) => clock?.confidence ?? 0)) * 100) / 100,
  }
}

function tenThousandths(seconds: number): number {
  return Math.round(seconds * 10_000) / 10_000
}
