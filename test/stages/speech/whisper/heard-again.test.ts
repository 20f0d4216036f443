import { describe, expect, it } from 'vitest'
import { betterHeard, doubtfulSpans } from '../../../../stages/speech/whisper/heard-again.ts'
import { type HeardWord, utterancesOf } from '../../../../stages/speech/whisper/heard-words.ts'
import { frameS, speechSpans, windowsOf } from '../../../../stages/speech/whisper/speech-presence.ts'

const frames = (seconds: number, probability: number) =>
  Array.from({ length: Math.round(seconds / frameS) }, () => probability)

/** Returns the words of a text, spread evenly from one time to another, in seconds of a window. */
function spread(text: string, fromS: number, toS: number): readonly HeardWord[] {
  const words = text.split(' ')
  const at = (index: number) => 100 * (fromS + ((toS - fromS) * index) / words.length)
  return words.map((word, index) => [` ${word}`, at(index), at(index + 1)])
}

/** Somebody speaks from 0 to 3.2 s and from 5.1 to 8.3 s. */
const probabilities = [...frames(3.2, 0.9), ...frames(1.9, 0.02), ...frames(3.2, 0.9), ...frames(1, 0.02)]
const spans = speechSpans(probabilities)
const span = { from: 0, to: spans.at(-1)?.to ?? 0 }
const sentence = 'Today we will talk about the history of our city.'
const partsWith = (first: string, second: string) => {
  const parts = doubtfulSpans({ span, words: spread(sentence, 0, 8.4) }, spans, probabilities)
  const texts = [first, second]
  return parts.map((part, index) => ({ span: part, words: spread(texts[index] ?? '', 0.2, 3) }))
}
/** More than anybody says in three seconds. */
const tooMuch = `${sentence} ${Array.from({ length: 40 }, (_, index) => `number${index}`).join(' ')}`
const textsOf = (windows: Parameters<typeof utterancesOf>[0]) =>
  utterancesOf(windows, probabilities, 9.3).map(({ text }) => text)

describe('a window of which Whisper wrote what cannot be', () => {
  it('is heard again in parts, where words last over a pause', () => {
    const parts = doubtfulSpans({ span, words: spread(sentence, 0, 8.4) }, spans, probabilities)
    expect(parts).toHaveLength(2)
    expect(parts[0]?.to).toBeLessThanOrEqual(parts[1]?.from ?? 0)
    expect((parts[1]?.from ?? 0) * frameS).toBeCloseTo(4.85, 1)
  })

  it('is heard again where speech has no word, also where it has only words of silence', () => {
    expect(doubtfulSpans({ span, words: spread(sentence, 0, 3.1) }, spans, probabilities)).toHaveLength(2)
  })

  it('is not heard again where each word is in speech, nor where nothing was written', () => {
    const words = [...spread(sentence, 0, 3.1), ...spread(sentence, 5.15, 8.2)]
    expect(doubtfulSpans({ span, words }, spans, probabilities)).toEqual([])
    expect(doubtfulSpans({ span, words: [] }, spans, probabilities)).toEqual([])
  })

  it('is not heard again where somebody speaks without a pause', () => {
    const whole = frames(9, 0.9)
    const window = { span: { from: 0, to: whole.length }, words: spread(sentence, 0, 3) }
    expect(doubtfulSpans(window, speechSpans(whole), whole)).toEqual([])
  })

  it('loses nothing of its beginning, where that is the rest of a speech too long for one window', () => {
    const long = [
      ...frames(30, 0.9),
      ...frames(1.9, 0.02),
      ...frames(3.2, 0.9),
      ...frames(1.9, 0.02),
      ...frames(3.2, 0.9),
    ]
    const [, rest = { from: 0, to: 0 }, ...others] = windowsOf(speechSpans(long), long)
    expect(others).toEqual([])
    const parts = doubtfulSpans({ span: rest, words: spread(sentence, 0, 5) }, speechSpans(long), long)
    expect(parts).toHaveLength(3)
    expect([parts[0]?.from, parts[2]?.to]).toEqual([rest.from, rest.to])
  })

  it('takes a sentence that is said twice, each at its time', () => {
    const window = { span, words: spread(sentence, 0, 8.4) }
    const better = betterHeard(window, partsWith(sentence, sentence), probabilities)
    expect(textsOf(better)).toEqual([sentence, sentence])
    expect(utterancesOf(better, probabilities, 9.3)[1]?.startS).toBeCloseTo(5.05, 1)
  })

  it('keeps what was written where the parts hold something else, or say too little or too much for their length', () => {
    const window = { span, words: spread(sentence, 0, 8.4) }
    for (const parts of [
      partsWith('Thanks for watching, and see you soon.', sentence.slice(0, 12)),
      partsWith(sentence, 'you'),
      partsWith(sentence, tooMuch),
    ])
      expect(betterHeard(window, parts, probabilities)).toEqual([window])
  })

  it('keeps a last word that is too short to be heard by itself', () => {
    const window = { span, words: [...spread(sentence, 0, 3.1), ...spread('Yes.', 5.2, 5.5)] }
    const [first = window, last = window] = partsWith(`${sentence} And of all its towers.`, '')
    const parts = [first, { ...last, words: [] }]
    expect(betterHeard(window, parts, probabilities)).toEqual([window])
  })

  it('keeps its words where the parts have other ones for a few of them, and takes their times', () => {
    const window = {
      span,
      words: spread('However, it was 25 years after the War. He came back to the village.', 0, 8.4),
    }
    const parts = partsWith('However, it was 25 years after the war', 'he came back to the village, though.')
    const [better, ...others] = betterHeard(window, parts, probabilities)
    expect(others).toEqual([])
    const words = better?.words ?? []
    expect(words.map(([text]) => text).join('')).toBe(window.words.map(([text]) => text).join(''))
    const [, start = 0] = words.find(([text]) => text === ' He') ?? []
    expect(start / 100).toBeCloseTo(5.05, 1)
    const [, , end = 0] = words.find(([text]) => text === ' War.') ?? []
    expect(end / 100).toBeLessThan(3.3)
  })
})
