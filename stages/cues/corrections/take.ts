import type { Cue } from '../cues.ts'
import { commonPairs } from './align.ts'
import type { Correction, MergedTrack } from './corrections.ts'
import { movedBy, startOf } from './pieces.ts'

/** What a person changed in a track, as corrections of what is computed. */
export interface TakenEdit {
  /** All corrections of the track, those from before among them. */
  readonly corrections: readonly Correction[]
  /** How many are new, other than before, or taken back. */
  readonly changed: number
}

export interface EditedCues {
  /** The cues of the track, as they are read from the file that the person had. */
  readonly shown: readonly Cue[]
  /** The cues that are read from it now. */
  readonly edited: readonly Cue[]
}

/**
 * Returns the corrections of a track with what a person changed in its cues. `before` may have corrections that `track`
 * does not show yet. A correction whose cue is changed again is replaced by one of what is computed now, and one whose cue is computed again
 * as the person left it is gone.
 */
export function takeEdit(
  before: readonly Correction[],
  { pieces, corrections: merged, offsetMs }: MergedTrack,
  { shown, edited }: EditedCues,
): TakenEdit {
  const exact = pieces.flatMap((piece) => piece.shown)
  const pieceOf = pieces.flatMap((piece, place) => piece.shown.map(() => place))
  const inOrder = [...edited].sort((a, b) => a.startMs - b.startMs || a.endMs - b.endMs)
  const replaced = new Set<string>()
  const made: Correction[] = []
  for (const group of groupsByPiece(changesOf(shown, inOrder), pieceOf)) {
    if (group.every(({ isSame }) => isSame)) continue
    const places = group.flatMap(({ from, to }) => pieceOf.slice(from, to))
    const touched = places.length === 0 ? [] : pieces.slice(Math.min(...places), Math.max(...places) + 1)
    for (const index of touched.flatMap(({ corrections }) => corrections)) {
      const { base, yours } = merged[index] ?? { base: [], yours: [] }
      replaced.add(textOf({ base: movedBy(base, offsetMs), cues: movedBy(yours, offsetMs) }))
    }
    const base = touched.flatMap(({ computed }) => computed)
    // A file may hold less than the track does: what the person left alone is as it was.
    const cues = group.flatMap(({ from, to, cues: own, isSame, hasSameText }) =>
      isSame
        ? exact.slice(from, to)
        : own.map((cue, place) => (hasSameText ? { ...cue, lines: exact[from + place]?.lines ?? cue.lines } : cue)),
    )
    if (!areSame(base, cues)) made.push({ base: movedBy(base, offsetMs), cues: movedBy(cues, offsetMs) })
  }
  // A correction of the same cue that is not shown yet is an earlier one, or this one: the run that took it was killed.
  const isReplaced = (correction: Correction) =>
    replaced.has(textOf(correction)) ||
    made.some(({ base, cues }) => areSame(base, correction.base) && (base.length > 0 || areSame(cues, correction.cues)))
  const kept = before.filter((correction) => !isReplaced(correction))
  const old = new Set(before.map(textOf))
  const fresh = made.filter((correction) => !old.has(textOf(correction))).length
  const gone = Math.max(0, before.length - kept.length - made.length)
  const corrections = [...kept, ...made].sort((a, b) => startOf(a) - startOf(b))
  return { corrections, changed: fresh + gone }
}

/** Cues from one place to another, and those that a person has in their place. */
interface Change {
  readonly from: number
  readonly to: number
  readonly cues: readonly Cue[]
  /** Whether nothing is changed, or nothing but times. */
  readonly isSame?: boolean
  readonly hasSameText?: boolean
}

/** Returns what was changed and what was not, in order, and in parts as small as can be. */
function changesOf(shown: readonly Cue[], edited: readonly Cue[]): readonly Change[] {
  const changes: Change[] = []
  let [from, fromEdited] = [0, 0]
  for (const [to, toEdited] of commonPairs(shown, edited, (a, b) => areSame([a], [b]))) {
    changes.push(...changesBetween(shown, edited, [from, to], [fromEdited, toEdited]))
    changes.push({ from: to, to: to + 1, cues: [], isSame: true })
    ;[from, fromEdited] = [to + 1, toEdited + 1]
  }
  changes.push(...changesBetween(shown, edited, [from, shown.length], [fromEdited, edited.length]))
  return changes
}

/** A cue that was moved still has its text. */
function changesBetween(
  shown: readonly Cue[],
  edited: readonly Cue[],
  [start, end]: readonly [number, number],
  [startEdited, endEdited]: readonly [number, number],
): readonly Change[] {
  const pairs = commonPairs(
    shown.slice(start, end),
    edited.slice(startEdited, endEdited),
    (a, b) => a.lines.join('\n') === b.lines.join('\n'),
  )
  const changes: Change[] = []
  let [from, fromEdited] = [start, startEdited]
  for (const [offset, offsetEdited] of pairs) {
    const [place, placeEdited] = [start + offset, startEdited + offsetEdited]
    changes.push(...overlapping(shown, edited, [from, place], [fromEdited, placeEdited]))
    changes.push({ from: place, to: place + 1, cues: edited.slice(placeEdited, placeEdited + 1), hasSameText: true })
    ;[from, fromEdited] = [place + 1, placeEdited + 1]
  }
  changes.push(...overlapping(shown, edited, [from, end], [fromEdited, endEdited]))
  return changes
}

/** Cues whose times overlap belong together: one that was split with its parts, those that were joined with the whole. */
function overlapping(
  shown: readonly Cue[],
  edited: readonly Cue[],
  [start, end]: readonly [number, number],
  [startEdited, endEdited]: readonly [number, number],
): readonly Change[] {
  const changes: Change[] = []
  let [from, fromEdited] = [start, startEdited]
  while (from < end || fromEdited < endEdited) {
    let [to, toEdited, untilMs] = [from, fromEdited, Number.POSITIVE_INFINITY]
    for (;;) {
      const one = to < end ? shown[to] : undefined
      const other = toEdited < endEdited ? edited[toEdited] : undefined
      const isOther = other !== undefined && (one === undefined || other.startMs < one.startMs)
      const next = isOther ? other : one
      if (next === undefined || next.startMs >= untilMs) break
      untilMs = untilMs === Number.POSITIVE_INFINITY ? next.endMs : Math.max(untilMs, next.endMs)
      if (isOther) toEdited += 1
      else to += 1
    }
    changes.push({ from, to, cues: edited.slice(fromEdited, toEdited) })
    ;[from, fromEdited] = [to, toEdited]
  }
  return changes
}

/** Puts changes together that concern the same piece: what is shown for a piece is corrected as one. */
function groupsByPiece(changes: readonly Change[], pieceOf: readonly number[]): readonly (readonly Change[])[] {
  const groups: Change[][] = []
  let lastPiece = -1
  for (const change of changes) {
    const { from, to } = change
    // What is added between two pieces belongs to neither.
    const isInside = from < to || (from > 0 && pieceOf[from - 1] === pieceOf[from])
    const firstPiece = isInside ? (pieceOf[from] ?? -1) : -1
    const group = groups.at(-1)
    if (group !== undefined && firstPiece >= 0 && firstPiece === lastPiece) group.push(change)
    else groups.push([change])
    lastPiece = to > from ? (pieceOf[to - 1] ?? -1) : isInside ? firstPiece : -1
  }
  return groups
}

function areSame(one: readonly Cue[], other: readonly Cue[]): boolean {
  return (
    one.length === other.length &&
    one.every(({ startMs, endMs, lines }, place) => {
      const cue = other[place]
      return startMs === cue?.startMs && endMs === cue.endMs && lines.join('\n') === cue.lines.join('\n')
    })
  )
}

function textOf({ base, cues }: Correction): string {
  return JSON.stringify([base, cues].map((list) => list.map(({ startMs, endMs, lines }) => [startMs, endMs, lines])))
}
