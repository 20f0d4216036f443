import type { Transcript, Utterance, Word } from '../transcript.ts'
import { endsSentence, pauseS } from '../whisper/heard-words.ts'
import type { SegmentPlace } from './places.ts'

/** A segment's place, and what was recognized in its file. */
export interface HeardSegment {
  readonly place: SegmentPlace
  readonly speech: Transcript
}

/** The same word in two files that overlap is at most so far apart. */
const sameWordS = 0.5

/** Returns what was said in a recording from what was said in its segments: no word twice, and none left out. */
export function stitched(segments: readonly HeardSegment[]): readonly Utterance[] {
  const made: Utterance[] = []
  let before: HeardSegment | undefined
  for (const segment of segments) {
    const { startS } = segment.place
    let utterances = segment.speech.utterances.map((utterance) => shifted(utterance, startS))
    if (before !== undefined && overlaps(before.place, segment.place)) {
      const seam = seamOf(wordsOf(made), wordsOf(utterances), segment.place.fromS)
      made.splice(0, made.length, ...kept(made, 0, seam.leftEnd))
      utterances = [...kept(utterances, seam.rightBegin, Number.POSITIVE_INFINITY)]
    }
    const [last, first] = [made.at(-1), utterances[0]]
    if (before !== undefined && last !== undefined && first !== undefined && goesOn(last, first)) {
      made[made.length - 1] = joined(last, first)
      utterances.shift()
    }
    made.push(...utterances)
    before = segment
  }
  return made
}

function overlaps(left: SegmentPlace, right: SegmentPlace): boolean {
  return left.toS === right.fromS && right.startS < right.fromS
}

function shifted(utterance: Utterance, byS: number): Utterance {
  const later = <T extends { startS: number; endS: number }>(one: T): T => ({
    ...one,
    startS: thousandth(one.startS + byS),
    endS: thousandth(one.endS + byS),
  })
  return { ...later(utterance), words: utterance.words.map(later) }
}

function thousandth(seconds: number): number {
  return Math.round(1000 * seconds) / 1000
}

function wordsOf(utterances: readonly Utterance[]): readonly Word[] {
  return utterances.flatMap(({ words }) => words)
}

const middleOf = ({ startS, endS }: Word) => (startS + endS) / 2
const plain = ({ text }: Word) => text.toLowerCase().replaceAll(/[^\p{L}\p{N}]+/gu, '')

/**
 * Finds where two files that overlap are joined: after a word that both have at the same time, near the cut, or else at the cut.
 * Returns how many words of the left one are kept, and how many of the right one are not.
 */
function seamOf(left: readonly Word[], right: readonly Word[], cutS: number): { leftEnd: number; rightBegin: number } {
  let best: { leftEnd: number; rightBegin: number; cost: number } | undefined
  for (let one = left.length - 1; one >= 0; one -= 1) {
    const word = left[one]
    if (word === undefined || word.endS < cutS - 3) break
    for (const [other, same] of right.entries()) {
      if (same.startS > cutS + 3) break
      if (plain(word) === '' || plain(word) !== plain(same)) continue
      const awayS = Math.abs(middleOf(word) - middleOf(same))
      if (awayS > sameWordS) continue
      // Somebody may say a word twice: the times tell which is which.
      const cost = 10 * awayS + Math.abs(middleOf(word) - cutS)
      if (best === undefined || cost < best.cost) best = { leftEnd: one + 1, rightBegin: other + 1, cost }
    }
  }
  if (best !== undefined) return best
  const leftEnd = left.filter((word) => middleOf(word) < cutS).length
  const saidS = left[leftEnd - 1]?.endS ?? 0
  const rightBegin = right.findIndex((word) => middleOf(word) >= Math.max(cutS, Math.min(saidS, cutS + sameWordS)))
  return { leftEnd, rightBegin: rightBegin < 0 ? right.length : rightBegin }
}

/** Returns the utterances of the words from one to before another, counted over all of them. */
function kept(utterances: readonly Utterance[], from: number, to: number): readonly Utterance[] {
  let at = 0
  return utterances.flatMap((utterance) => {
    const words = utterance.words.filter((_, index) => at + index >= from && at + index < to)
    at += utterance.words.length
    if (words.length === utterance.words.length) return [utterance]
    const [first, last] = [words.at(0), words.at(-1)]
    if (first === undefined || last === undefined) return []
    const text = words.map((word) => word.text).join(spaceIn(utterance))
    return [{ startS: first.startS, endS: last.endS, text, words }]
  })
}

/** Some languages are written without spaces. */
function spaceIn({ text, words }: Utterance): string {
  return words.length > 1 && words.map((word) => word.text).join('') === text ? '' : ' '
}

function goesOn(left: Utterance, right: Utterance): boolean {
  return right.startS - left.endS < pauseS && !endsSentence(left.words.at(-1)?.text ?? left.text)
}

function joined(left: Utterance, right: Utterance): Utterance {
  const space = spaceIn(left) === '' || spaceIn(right) === '' ? '' : ' '
  return {
    startS: left.startS,
    endS: Math.max(left.endS, right.endS),
    text: `${left.text}${space}${right.text}`,
    words: [...left.words, ...right.words],
  }
}
