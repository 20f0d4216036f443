import { joinWords, wordsOf } from '../../cues/lines.ts'
import { sentences } from '../../documents/speech-pieces.ts'
import { type WordPair, wordPairs } from '../../speech/align/word-pairs.ts'
import { wordTimes } from '../../speech/align/word-times.ts'
import type { Utterance, Word } from '../../speech/transcript.ts'
import { pauseS } from '../../speech/whisper/heard-words.ts'

/** A text with the times of what was heard. */
export interface AlignedTranscript {
  readonly utterances: readonly Utterance[]
  /** Sentences of the text that nobody says: they are left out. */
  readonly unheard: readonly string[]
  /** How many words were said that the text lacks; they are as they were heard. */
  readonly added: number
  /** How many of the words that were heard are the text's, from 0 to 1. */
  readonly likeness: number
}

/** A sentence is said where at least so many of its words were heard; a short one that is no remark, also misheard. */
const heardShare = 0.25
const shortSentence = 3
/** Fewer words in a row that the text lacks, between two pauses, are slips and noises: they are left out. */
const addedWords = 4

/** Gives the words of a text, which is said from its beginning to its end, the times of the words that were heard. */
export function alignTranscript(
  paragraphs: readonly string[],
  heard: readonly Utterance[],
  language: string,
): AlignedTranscript {
  const said = paragraphs.flatMap((paragraph) => passages(paragraph, language).map(wordsOf))
  const words = heard.flatMap((utterance) => utterance.words)
  const pairs = wordPairs(
    said.flat(),
    words.map(({ text }) => text),
  )
  const made: Utterance[] = []
  const unheard: string[] = []
  let [from, next, isAfter] = [0, 0, 0]
  let added = 0
  const keep = (to: number) => {
    const own = runs(words.slice(isAfter, to)).filter(({ length }) => length >= addedWords)
    isAfter = to
    added += own.reduce((sum, { length }) => sum + length, 0)
    made.push(...own.map(utteranceOf))
  }
  for (const texts of said) {
    const own: WordPair[] = []
    for (; (pairs[next]?.text ?? Number.POSITIVE_INFINITY) < from + texts.length; next += 1) {
      const pair = pairs[next]
      if (pair !== undefined) own.push(pair)
    }
    from += texts.length
    const [first, last] = [own[0], own.at(-1)]
    if (first === undefined || last === undefined || !isSaid(texts, own)) {
      unheard.push(joinWords(texts))
      continue
    }
    keep(first.heard)
    isAfter = last.heard + 1
    made.push(utteranceOf(timed(texts, words.slice(first.heard, isAfter))))
  }
  keep(words.length)
  const same = pairs.filter(({ isSame }) => isSame).length
  return { utterances: joined(made), unheard, added, likeness: words.length === 0 ? 0 : same / words.length }
}

/** Returns the sentences of a paragraph, and what stands in brackets, which often says what happens instead. */
function passages(paragraph: string, language: string): string[] {
  return paragraph.split(/(\([^()]*\)|\[[^[\]]*\])/u).flatMap((part) => sentences(part, language))
}

function isSaid(texts: readonly string[], pairs: readonly WordPair[]): boolean {
  const same = pairs.filter(({ isSame }) => isSame).length
  const isRemark = /^[([]/.test(texts[0] ?? '')
  return same >= Math.max(1, texts.length * heardShare) || (texts.length <= shortSentence && !isRemark)
}

function timed(texts: readonly string[], heard: readonly Word[]): Word[] {
  const times = wordTimes(
    texts,
    heard.map(({ text, startS, endS }) => ({ text, start: startS, end: endS })),
  )
  const speaker = mostFrequent(heard.map((word) => word.speaker))
  return texts.map((text, index) => ({
    text,
    startS: thousandth(times[index]?.start ?? heard[0]?.startS ?? 0),
    endS: thousandth(times[index]?.end ?? heard.at(-1)?.endS ?? 0),
    // It is not what was heard, but what is known.
    confidence: 1,
    ...(speaker === undefined ? {} : { speaker }),
  }))
}

/** Returns words in runs without a pause, each of one speaker. */
function runs(words: readonly Word[]): readonly (readonly Word[])[] {
  const found: Word[][] = []
  for (const word of words) {
    const last = found.at(-1)?.at(-1)
    if (last !== undefined && word.startS - last.endS < pauseS && word.speaker === last.speaker)
      found.at(-1)?.push(word)
    else found.push([word])
  }
  return found
}

function utteranceOf(words: readonly Word[]): Utterance {
  const speaker = words[0]?.speaker
  return {
    startS: words[0]?.startS ?? 0,
    endS: words.at(-1)?.endS ?? 0,
    text: joinWords(words.map(({ text }) => text)),
    ...(speaker === undefined ? {} : { speaker }),
    words: [...words],
  }
}

/** Puts together what is said without a pause by one speaker. */
function joined(utterances: readonly Utterance[]): readonly Utterance[] {
  return runs(utterances.flatMap(({ words }) => words)).map(utteranceOf)
}

function mostFrequent(values: readonly (string | undefined)[]): string | undefined {
  const counts = new Map<string | undefined, number>()
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1)
  return [...counts].toSorted(([, one], [, other]) => other - one)[0]?.[0]
}

function thousandth(seconds: number): number {
  return Math.round(1000 * seconds) / 1000
}
