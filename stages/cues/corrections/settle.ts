import type { Cue } from '../cues.ts'
import type { Correction, MergedTrack, Piece } from './corrections.ts'
import { movedBy, startOf } from './pieces.ts'

/**
 * Returns the corrections of a track where a person has decided about some, by their places: `yours` makes each a
 * correction of what is computed now; `computed` takes it back. `track` shows all of them.
 */
export function settle(
  corrections: readonly Correction[],
  { pieces, offsetMs }: MergedTrack,
  chosen: readonly number[],
  keep: 'yours' | 'computed',
): readonly Correction[] {
  const settled = new Set(chosen)
  const made: Correction[] = []
  if (keep === 'yours') {
    for (const index of chosen) {
      const own = placesOf(pieces, index)
      if (own.length === 0) continue
      const whole = pieces.slice(Math.min(...own), Math.max(...own) + 1)
      // Corrections that share a piece are one from now on.
      for (const other of whole.flatMap((piece) => piece.corrections)) settled.add(other)
      const base = movedBy(
        whole.flatMap(({ computed }) => computed),
        offsetMs,
      )
      const cues = movedBy(
        whole.flatMap(({ shown }) => shown),
        offsetMs,
      )
      if (!made.some((other) => JSON.stringify(other.base) === JSON.stringify(base))) made.push({ base, cues })
    }
  }
  const kept = corrections.filter((_, index) => !settled.has(index))
  return [...kept, ...made].sort((a, b) => startOf(a) - startOf(b))
}

/** Returns the places of the pieces of a correction, and of those that are said at the time of what it adds. */
function placesOf(pieces: readonly Piece[], index: number): readonly number[] {
  const places = [...pieces.keys()].filter((place) => pieces[place]?.corrections.includes(index) === true)
  const added = places.flatMap((place) => (pieces[place]?.computed.length === 0 ? (pieces[place]?.shown ?? []) : []))
  const isOver = ({ computed }: Piece) => added.some((cue) => computed.some((other) => overlaps(cue, other)))
  return [...places, ...[...pieces.keys()].filter((place) => pieces[place] !== undefined && isOver(pieces[place]))]
}

function overlaps(one: Cue, other: Cue): boolean {
  return one.startMs < other.endMs && other.startMs < one.endMs
}
