import type { BarCues } from './bar-cues.ts'

/** Where a beat is in its bar. */
export interface BarPlace {
  /** From 1. */
  readonly position: number
  readonly beatsPerBar: number
}

/** Beats of a bar, and how common such bars are, as a natural logarithm. What is in two or in six is counted in four or three. */
const metres = [
  { beats: 3, prior: -1 },
  { beats: 4, prior: 0 },
  { beats: 5, prior: -6 },
  { beats: 7, prior: -6 },
]
const changeCost = 8
/** What it counts, at each beat, that bars repeat after so many beats. */
const repetitionWeight = 2
/** Songs seldom begin within a bar. */
const beginningBonus = 2

/**
 * Returns where each beat is in its bar: Viterbi's algorithm over a pointer that has a metre and a place in its bar. The
 * metre may change between two bars.
 */
export function placeInBars({ downbeatOdds, repetition }: BarCues): readonly BarPlace[] {
  const places = metres.flatMap(({ beats, prior }) => {
    const fit = repetitionWeight * repeatsAfter(repetition, beats)
    return Array.from({ length: beats }, (_, position) => ({ beats, position, prior, fit }))
  })
  const lasts = places.flatMap(({ beats, position }, at) => (position === beats - 1 ? [{ at, beats }] : []))
  let scores = places.map(({ prior }) => prior)
  const origins: Uint8Array[] = []
  for (const [beat, odds] of downbeatOdds.entries()) {
    const [first, later] = [-Math.log1p(Math.exp(-odds)), -Math.log1p(Math.exp(odds))]
    const origin = new Uint8Array(places.length)
    scores = places.map(({ beats, position, prior, fit }, at) => {
      const observed = fit + (position === 0 ? first : later)
      if (beat === 0) return prior + observed + (position === 0 ? beginningBonus : 0)
      if (position > 0) {
        origin[at] = at - 1
        return (scores[at - 1] ?? 0) + observed
      }
      let best = Number.NEGATIVE_INFINITY
      for (const last of lasts) {
        const score = (scores[last.at] ?? 0) - (last.beats === beats ? 0 : changeCost)
        if (score <= best) continue
        best = score
        origin[at] = last.at
      }
      return best + observed
    })
    origins.push(origin)
  }
  let at = scores.indexOf(Math.max(...scores))
  const found: BarPlace[] = []
  for (const origin of origins.reverse()) {
    const { position = 0, beats = 0 } = places[at] ?? {}
    found.push({ position: position + 1, beatsPerBar: beats })
    at = origin[at] ?? 0
  }
  return found.reverse()
}

/** Returns how much more alike beats are to those a whole number of bars later than to the others. */
function repeatsAfter(repetition: Float64Array, beats: number): number {
  let [within, inside, without, outside] = [0, 0, 0, 0]
  for (let lag = 2; lag < repetition.length; lag++) {
    if (lag % beats === 0) {
      within += repetition[lag] ?? 0
      inside++
    } else {
      without += repetition[lag] ?? 0
      outside++
    }
  }
  return within / inside - without / outside
}
