import type { Cue } from '../cues.ts'
import { wordsOf } from '../lines.ts'
import { findStretch, type HeardWord, isSameWord } from './align.ts'

/** A word of a track, when about it is said, and the place of its cue. */
export interface CueWord extends HeardWord {
  readonly cue: number
}

/** Where a correction belongs among the words that are computed now. */
export interface Place {
  readonly from: number
  readonly to: number
  /** Which share of the words that the person corrected is still there. */
  readonly share: number
}

/** Words this much earlier or later are still looked at. */
const windowMs = 8000
/** Words this much earlier or later are no nearer than any others. */
const nearMs = 3000
/** So many words tell a place in a film from all others. */
const tellingWords = 4

/** Returns the words of cues. The time of a cue is spread over its words. */
export function cueWords(cues: readonly Cue[]): readonly CueWord[] {
  return cues.flatMap(({ startMs, endMs, lines }, cue) => {
    const words = wordsOf(lines.join(' '))
    return words.map((text, index) => ({
      text,
      cue,
      atMs: startMs + ((index + 0.5) / words.length) * (endMs - startMs),
    }))
  })
}

/**
 * Returns where the cues that a person corrected are among words, that no other correction has: near their time, or anywhere
 * if the same words are said at one place only, as where something was cut out of the film.
 */
export function placeOf(
  base: readonly Cue[],
  words: readonly CueWord[],
  claimed: ReadonlySet<number>,
): Place | undefined {
  const wanted = cueWords(base)
  const [startMs, endMs] = [base[0]?.startMs ?? 0, base.at(-1)?.endMs ?? 0]
  let from = words.findIndex(({ atMs }) => atMs >= startMs - windowMs)
  if (from < 0) from = words.length
  let to = from
  for (let at = from; at < words.length && (words[at]?.atMs ?? 0) <= endMs + windowMs; at += 1) {
    const isBefore = (words[at]?.atMs ?? 0) < (startMs + endMs) / 2
    if (claimed.has(at) && isBefore) from = at + 1
    else if (claimed.has(at)) break
    to = at + 1
  }
  const found = findStretch(wanted, words.slice(from, to), nearMs)
  const near =
    found === undefined
      ? undefined
      : { from: from + found.from, to: from + found.to, share: found.matches / wanted.length }
  if (near !== undefined && near.share > 0.5) return near
  return elsewhere(wanted, words, claimed) ?? near
}

function elsewhere(
  wanted: readonly HeardWord[],
  words: readonly CueWord[],
  claimed: ReadonlySet<number>,
): Place | undefined {
  if (wanted.length < tellingWords) return undefined
  const isAt = (at: number) =>
    wanted.every(({ text }, index) => !claimed.has(at + index) && isSameWord(text, words[at + index]?.text ?? ''))
  const places: number[] = []
  for (let at = 0; at + wanted.length <= words.length && places.length < 2; at += 1) if (isAt(at)) places.push(at)
  const [only, another] = places
  return only === undefined || another !== undefined ? undefined : { from: only, to: only + wanted.length, share: 1 }
}
