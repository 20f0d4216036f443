import { spokenLength } from '../align/spoken-length.ts'
import type { Utterance, Word } from '../transcript.ts'
import { endsSentence, lateFrames } from './heard-words.ts'
import { absentBelow, frameS } from './speech-presence.ts'

/** A pause between words; within one, as before a `k`, it is quiet for less. */
const shortestFrames = Math.ceil(0.18 / frameS)
/** Whisper puts the boundary of two words up to this much after the pause in which it is. */
const astrayS = 0.35
/** What is said in less is no word, but the first sound of the next one. */
const shortestWordS = 0.06
const edgeS = frameS

/** A stretch in which nobody speaks, in seconds. */
interface Pause {
  readonly fromS: number
  readonly toS: number
}

interface Placed {
  readonly word: Word
  readonly isFirst: boolean
  /** Whether a sentence ends with it. */
  readonly isLast: boolean
}

/**
 * Returns utterances whose words begin and end at the pauses between them. Whisper finds words to a fifth of a second: it
 * lets one last over the pause after it, and puts the end of a sentence into the beginning of the next.
 */
export function atPauses(utterances: readonly Utterance[], probabilities: readonly number[]): readonly Utterance[] {
  const pauses = pausesIn(probabilities)
  const placed = utterances.flatMap(({ words }) =>
    words.map((word, at): Placed => {
      const before = words[at - 1]
      const isLast = at === words.length - 1 || endsSentence(word.text)
      return { word, isFirst: before === undefined || endsSentence(before.text), isLast }
    }),
  )
  const words = placed.map((one) => ({ ...one, word: besidePauses(one, pauses) }))
  for (const index of words.keys()) {
    moveEndOfSentence(words, index, pauses)
    beginAfterPause(words, index, pauses)
  }
  let at = 0
  return utterances.map((utterance) => {
    const own = words.slice(at, at + utterance.words.length).map(({ word }) => word)
    at += own.length
    const [first, last] = [own.at(0), own.at(-1)]
    if (first === undefined || last === undefined) return utterance
    return { ...utterance, startS: first.startS, endS: last.endS, words: own }
  })
}

function pausesIn(probabilities: readonly number[]): readonly Pause[] {
  const pauses: Pause[] = []
  let from = 0
  for (const [frame, probability] of [...probabilities, 1].entries()) {
    if (probability < absentBelow) continue
    if (frame - from >= shortestFrames) pauses.push({ fromS: from * frameS, toS: frame * frameS })
    from = frame + 1
  }
  return pauses
}

/** When the word after a pause begins: what finds speech is late. */
function beginS({ fromS, toS }: Pause): number {
  return Math.max(fromS, toS - lateFrames * frameS)
}

/** Returns a word on one side of the pause that is in its time: where most of it is, or where its sentence is. */
function besidePauses({ word, isFirst, isLast }: Placed, pauses: readonly Pause[]): Word {
  const { startS, endS } = word
  const inside = pauses.filter(({ fromS, toS }) => toS > startS && fromS < endS)
  const longest = inside.toSorted((one, other) => other.toS - other.fromS - (one.toS - one.fromS))[0]
  if (longest === undefined) return word
  const before = longest.fromS - startS
  const after = endS - longest.toS
  if (before <= edgeS && after <= edgeS) return word
  const prefersBefore = isLast && !isFirst ? after < astrayS : isFirst && !isLast ? before >= astrayS : before >= after
  const isBefore = after <= edgeS || (before > edgeS && prefersBefore)
  return isBefore ? { ...word, endS: longest.fromS } : { ...word, startS: Math.max(startS, beginS(longest)) }
}

/** Puts the end of a sentence before the pause that it follows, where the next sentence would begin shortly after it. */
function moveEndOfSentence(words: Placed[], index: number, pauses: readonly Pause[]): void {
  const [last, next] = [words[index], words[index + 1]]
  if (last === undefined || next === undefined || !last.isLast || !next.isFirst) return
  const pause = pauseBefore(next.word.startS, pauses)
  if (pause === undefined || last.word.endS <= pause.toS) return
  let first = index
  while (first > 0 && words[first]?.isFirst === false && (words[first]?.word.endS ?? 0) > pause.fromS) first -= 1
  // The words that fit need room.
  while (words[first]?.isFirst === false && roomS(words, first, pause) < (index - first + 1) * shortestWordS) first -= 1
  const startS = words[first]?.word.startS ?? pause.fromS
  if (pause.fromS - startS < (index - first + 1) * shortestWordS) return
  const lengths = words.slice(first, index + 1).map(({ word }) => spokenLength(word.text))
  const total = lengths.reduce((sum, one) => sum + one, 0)
  let passed = 0
  for (const [at, length] of lengths.entries()) {
    const moved = words[first + at]
    if (moved === undefined) continue
    const timeS = (part: number) => startS + ((pause.fromS - startS) * part) / total
    words[first + at] = { ...moved, word: { ...moved.word, startS: timeS(passed), endS: timeS(passed + length) } }
    passed += length
  }
  words[index + 1] = { ...next, word: { ...next.word, startS: beginS(pause) } }
}

function roomS(words: readonly Placed[], first: number, pause: Pause): number {
  return pause.fromS - (words[first]?.word.startS ?? pause.fromS)
}

/** Lets a word begin where the pause before it ends, if no other word is between. */
function beginAfterPause(words: Placed[], index: number, pauses: readonly Pause[]): void {
  const placed = words[index]
  if (placed === undefined) return
  const pause = pauseBefore(placed.word.startS, pauses)
  if (pause === undefined || (words[index - 1]?.word.endS ?? 0) > pause.fromS + edgeS) return
  words[index] = { ...placed, word: { ...placed.word, startS: Math.min(placed.word.startS, beginS(pause)) } }
}

/** Returns the pause that ends shortly before a time. */
function pauseBefore(timeS: number, pauses: readonly Pause[]): Pause | undefined {
  return pauses.findLast(({ toS }) => toS <= timeS && toS > timeS - astrayS)
}
