import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { checkCues } from '../../../stages/cues/check-cues.ts'
import { type Cue, cuesOfTranscript, cuesOfTranslation, wholeMs } from '../../../stages/cues/cues.ts'
import { wordsOf } from '../../../stages/cues/lines.ts'
import type { Transcript, Word } from '../../../stages/speech/transcript.ts'
import { anyRules, anyTranscript, anyTranslation, defaultRules } from '../speech/transcripts.ts'

/** A transcript of one utterance; words of half a second, with a pause before those that are written after `|`. */
function spoken(text: string, { startS = 1, pauseS = 1.5, durationS = 60 } = {}): Transcript {
  let nowS = startS
  const words = text.split(' ').map((written): Word => {
    if (written.startsWith('|')) nowS += pauseS
    const word = { text: written.replace('|', ''), startS: nowS, endS: nowS + 0.5, confidence: 1 }
    nowS = word.endS
    return word
  })
  const whole = words.map((word) => word.text).join(' ')
  return { language: 'en', durationS, utterances: [{ startS, endS: nowS, text: whole, words }] }
}

const texts = (cues: readonly Cue[]) => cues.map(({ lines }) => lines.join(' / '))
const shownWords = (cues: readonly Cue[]) => cues.flatMap(({ lines }) => lines.flatMap((line) => line.split(' ')))

describe('cuesOfTranscript', () => {
  it('shows an utterance that fits at once, from its first word on', () => {
    expect(cuesOfTranscript(spoken('good morning and welcome'), defaultRules)).toEqual([
      { startMs: 1000, endMs: 3000, lines: ['good morning and welcome'] },
    ])
  })

  it('breaks at a pause rather than where the lines are full', () => {
    const cues = cuesOfTranscript(spoken('this is the first part |and this is the second one'), defaultRules)
    expect(texts(cues)).toEqual(['this is the first part', 'and this is the second one'])
  })

  it('breaks where a sentence ends', () => {
    const text = 'we went to the old market there. then all of us came back again by the bridge'
    expect(texts(cuesOfTranscript(spoken(text, { pauseS: 0 }), { ...defaultRules, maxLineChars: 30 }))[0]).toMatch(
      /there\.$/,
    )
  })

  it('shows a short word for the least time, and a long text for as long as it takes to read', () => {
    expect(cuesOfTranscript(spoken('yes'), defaultRules)[0]).toMatchObject({ startMs: 1000, endMs: 2000 })
    const fast = spoken('incomprehensibilities internationalization')
    expect(cuesOfTranscript(fast, { ...defaultRules, charsPerSecond: 10 })[0]).toMatchObject({ endMs: 5200 })
  })

  it('never shows a cue into the next one, nor after the end of the film', () => {
    const cues = cuesOfTranscript(spoken('yes |no', { pauseS: 0.3, durationS: 2.4 }), {
      ...defaultRules,
      maxLineChars: 3,
      maxLines: 1,
    })
    expect(cues.map(({ startMs, endMs }) => [startMs, endMs])).toEqual([
      [1000, 1720],
      [1800, 2400],
    ])
  })

  it('has no cues where nothing is said', () => {
    expect(cuesOfTranscript({ language: 'en', durationS: 10, utterances: [] }, defaultRules)).toEqual([])
  })

  it('is in order, apart, in the film and within the lines, and keeps every word, whatever is said', () => {
    fc.assert(
      fc.property(anyTranscript, anyRules, (transcript, rules) => {
        const cues = cuesOfTranscript(transcript, rules)
        const limits = { durationMs: wholeMs(transcript.durationS), maxLineChars: rules.maxLineChars }
        expect(checkCues(cues, limits)).toEqual([])
        expect(shownWords(cues)).toEqual(transcript.utterances.flatMap(({ text }) => wordsOf(text)))
      }),
    )
  })
})

describe('cuesOfTranslation', () => {
  it('spreads the time of an utterance over its text', () => {
    const utterances = [{ startS: 10, endS: 20, text: 'uno dos tres cuatro cinco seis siete ocho nueve diez' }]
    const cues = cuesOfTranslation(
      { language: 'es', durationS: 60, unknownWords: 0, utterances },
      { ...defaultRules, maxLineChars: 26, maxLines: 1 },
    )
    expect(cues.map(({ startMs }) => startMs)).toEqual([10_000, 14_906])
    expect(texts(cues)).toEqual(['uno dos tres cuatro cinco', 'seis siete ocho nueve diez'])
  })

  it('lets a long text go on into the pause that follows', () => {
    const text = 'palabras '.repeat(12).trim()
    const utterances = [
      { startS: 0, endS: 1, text },
      { startS: 30, endS: 31, text: 'fin' },
    ]
    const cues = cuesOfTranslation({ language: 'es', durationS: 40, unknownWords: 0, utterances }, defaultRules)
    expect(cues.length).toBe(3)
    for (const { startMs, endMs, lines } of cues) {
      expect((lines.join(' ').length * 1000) / (endMs - startMs)).toBeLessThanOrEqual(
        defaultRules.charsPerSecond * 1.05,
      )
    }
  })

  it('has no cue for an empty text', () => {
    const utterances = [{ startS: 1, endS: 2, text: '  ' }]
    expect(cuesOfTranslation({ language: 'es', durationS: 9, unknownWords: 0, utterances }, defaultRules)).toEqual([])
  })

  it('is in order, apart, in the film and within the lines, and keeps every word, whatever the text', () => {
    fc.assert(
      fc.property(anyTranslation, anyRules, (translation, rules) => {
        const cues = cuesOfTranslation(translation, rules)
        const limits = { durationMs: wholeMs(translation.durationS), maxLineChars: rules.maxLineChars }
        expect(checkCues(cues, limits)).toEqual([])
        expect(shownWords(cues)).toEqual(translation.utterances.flatMap(({ text }) => wordsOf(text)))
      }),
    )
  })
})
