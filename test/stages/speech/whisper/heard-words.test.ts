import { describe, expect, it } from 'vitest'
import {
  type HeardWord,
  timedWords,
  utterancesOf,
  withoutLoops,
  withoutRemarks,
} from '../../../../stages/speech/whisper/heard-words.ts'
import { frameS } from '../../../../stages/speech/whisper/speech-presence.ts'

/** Returns words of 0.3 s each, one after the other, as Whisper writes them. */
function said(text: string): readonly HeardWord[] {
  return text.split(' ').map((word, index) => [` ${word}`, 30 * index, 30 * (index + 1)])
}

const texts = (words: readonly HeardWord[]) => words.map(([text]) => text.trim()).join(' ')
const spoken = (seconds: number) => Array.from({ length: Math.ceil(seconds / frameS) }, () => 0.9)
const all = (words: readonly HeardWord[]) => ({ span: { from: 0, to: 1000 }, words })

describe('what Whisper writes', () => {
  it.each([
    ['[Music] [Music]', ''],
    ['(dramatic music) Hello. (applause)', 'Hello.'],
    ['[BLANK_AUDIO]', ''],
    ['♪ la la ♪ and then', 'and then'],
    ['so *sighs* no', 'so no'],
  ])('loses its remarks about sounds: %s', (text, kept) => {
    expect(texts(withoutRemarks(said(text)))).toBe(kept)
  })

  it.each([
    ['no no no', 'no no no'],
    ['Thank you. Thank you. Thank you. Thank you. Thank you.', 'Thank you.'],
    ['a b a b a b a b c', 'a b c'],
    ['you you you you you you', 'you'],
  ])('loses its loops: %s', (text, kept) => {
    expect(texts(withoutLoops(said(text)))).toBe(kept)
  })

  it('begins after the pause before a sentence, in which Whisper puts its first words', () => {
    const silence = (seconds: number) => Array.from({ length: Math.ceil(seconds / frameS) }, () => 0.05)
    // One sentence to 3.2 s, whose end rings on for a tenth of a second; the same again from 5.1 s.
    const probabilities = [...spoken(3.3), ...silence(1.8), ...spoken(3.2)]
    const again = [' One', ' more', ' time', ' we', ' say', ' it.'] as const
    const words: HeardWord[] = [
      ...again.map((word, index): HeardWord => [word, 50 * index, 50 * (index + 1)]),
      ...again.map((word, index): HeardWord => [word, 320 + 85 * index, 320 + 85 * (index + 1)]),
    ]
    const [first, second] = utterancesOf([all(words)], probabilities, 8.3)
    expect(first?.words.map(({ startS }) => startS)).toEqual(again.map((_, index) => expect.closeTo(0.5 * index, 1)))
    expect(Math.abs((second?.startS ?? 0) - 5.1)).toBeLessThan(0.1)
    const starts = second?.words.map(({ startS }) => startS) ?? []
    expect(starts).toEqual([...starts].sort((a, b) => a - b))
    expect(second?.endS).toBeLessThanOrEqual(8.32)
  })

  it('keeps its times where only the first word has the pause before it', () => {
    const silence = Array.from({ length: Math.ceil(2 / frameS) }, () => 0.05)
    const probabilities = [...silence, ...spoken(3)]
    const words: HeardWord[] = [
      [' Late', 0, 250],
      [' but', 250, 300],
      [' right.', 300, 400],
    ]
    const [only] = utterancesOf([all(words)], probabilities, 5)
    expect(only?.words.map(({ startS }) => startS)).toEqual([expect.closeTo(1.95, 1), 2.5, 3])
  })

  it('is refused where nobody speaks', () => {
    expect(utterancesOf([all(said('Thanks for watching!'))], [], 10)).toEqual([])
    expect(utterancesOf([all(said('Thanks for watching!'))], spoken(10), 10)).toHaveLength(1)
  })

  it('is refused where it repeats itself in ever new ways', () => {
    const verse = Array.from({ length: 12 }, (_, index) => `so we go on and on and on to the ${index}`).join(' ')
    expect(utterancesOf([all(said(verse))], spoken(60), 60)).toEqual([])
  })

  it('becomes utterances at pauses and at the ends of sentences', () => {
    const words = said('Hello Mr. Smith. It costs 4. or more')
    const late: HeardWord = [' later', 400, 430]
    const utterances = utterancesOf([all([...words, late])], spoken(10), 10)
    expect(utterances.map(({ text }) => text)).toEqual(['Hello Mr. Smith.', 'It costs 4. or more', 'later'])
    expect(utterances[0]).toMatchObject({ startS: 0, endS: 0.9 })
    expect(utterances[0]?.words.map(({ text }) => text)).toEqual(['Hello', 'Mr.', 'Smith.'])
  })

  it('keeps writing without spaces as it is', () => {
    const words: readonly HeardWord[] = [
      ['こん', 0, 30],
      ['にちは', 30, 60],
    ]
    expect(utterancesOf([all(words)], spoken(10), 10)[0]?.text).toBe('こんにちは')
  })

  it('has no time after the end', () => {
    const [utterance] = utterancesOf([all(said('one two three'))], spoken(10), 0.5)
    expect(utterance).toMatchObject({ text: 'one two', endS: 0.5 })
  })
})

describe('timedWords', () => {
  it('ends a word where its speech ends, not where the next word begins', () => {
    const probabilities = [...spoken(0.3), ...Array.from({ length: 50 }, () => 0), ...spoken(2)]
    const [first] = timedWords(all([[' well', 0, 180]]), probabilities)
    expect(first?.startS).toBe(0)
    expect(first?.endS).toBeCloseTo(0.32, 5)
    expect(first?.confidence).toBeGreaterThan(0)
    expect(first?.confidence).toBeLessThan(0.9)
  })

  it('does not let a word last over a pause', () => {
    const pause = Array.from({ length: Math.round(1.8 / frameS) }, () => 0.02)
    const twice = [...spoken(3.2), ...pause, ...spoken(3)]
    const [last] = timedWords(all([[' city.', 280, 830]]), twice)
    expect([last?.startS, last?.endS]).toEqual([2.8, expect.closeTo(3.2, 1)])
    // What rings on of the sentence before is not the word.
    const [begins] = timedWords(all([[' Today', 310, 530]]), twice)
    expect([begins?.startS, begins?.endS]).toEqual([expect.closeTo(4.95, 1), expect.closeTo(5.3, 1)])
  })
})
