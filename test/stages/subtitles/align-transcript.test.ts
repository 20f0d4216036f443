import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { wordPairs } from '../../../stages/speech/align/word-pairs.ts'
import type { Utterance } from '../../../stages/speech/transcript.ts'
import { alignTranscript } from '../../../stages/subtitles/segments/align-transcript.ts'
import { seededRandom } from '../../faults/random.ts'

/** What was heard: half a second a word, and a second between utterances. */
function heardAs(...texts: readonly string[]): Utterance[] {
  let atS = 0
  return texts.map((text) => {
    const words = text.split(' ').map((word) => {
      atS += 0.5
      return { text: word, startS: atS - 0.5, endS: atS, confidence: 0.5 }
    })
    const utterance = { startS: words[0]?.startS ?? 0, endS: atS, text, words }
    atS += 1
    return utterance
  })
}

const textsOf = (utterances: readonly Utterance[]) => utterances.map(({ text }) => text)

describe('a text that is known', () => {
  it('gets the times of what was heard, word by word, with its own spelling', () => {
    const heard = heardAs('welcome to the workshop of Kate and Ann', 'today we talk about a river')
    const { utterances, unheard, added } = alignTranscript(
      ['Welcome to the workshop of Cate and Anne. Today, we talk about a river.'],
      heard,
      'en',
    )
    expect(textsOf(utterances)).toEqual(['Welcome to the workshop of Cate and Anne.', 'Today, we talk about a river.'])
    expect(utterances.flatMap(({ words }) => words.map(({ startS, endS }) => [startS, endS]))).toEqual(
      heard.flatMap(({ words }) => words.map(({ startS, endS }) => [startS, endS])),
    )
    expect({ unheard, added }).toEqual({ unheard: [], added: 0 })
  })

  it('shares the time of words that were heard as fewer or more', () => {
    const { utterances } = alignTranscript(['There are 25 of us.'], heardAs('there are twenty five of us'), 'en')
    const [there, , number, of] = utterances[0]?.words ?? []
    expect([there?.startS, number?.text, number?.endS, of?.startS, utterances[0]?.endS]).toEqual([0, '25', 2, 2, 3])
  })

  it('leaves out what nobody says, and tells it', () => {
    const { utterances, unheard } = alignTranscript(
      ['A talk', 'Good morning, everybody. (The curtain rises, and a band begins to play.) we begin with bread.'],
      heardAs('good morning everybody', 'we begin with bread'),
      'en',
    )
    expect(textsOf(utterances)).toEqual(['Good morning, everybody.', 'we begin with bread.'])
    expect(unheard).toEqual(['A talk', '(The curtain rises, and a band begins to play.)'])
  })

  it('leaves out a short remark in brackets where a slip was heard, and keeps a short sentence that was misheard', () => {
    const { utterances, unheard } = alignTranscript(
      ['Good morning, everybody. (Applause) Yes. We begin with bread.'],
      heardAs('good morning everybody', 'uh', 'yeah', 'we begin with bread'),
      'en',
    )
    expect(textsOf(utterances)).toEqual(['Good morning, everybody.', 'Yes.', 'We begin with bread.'])
    expect(unheard).toEqual(['(Applause)'])
  })

  it('keeps what is said besides, as it was heard; a slip is none', () => {
    const heard = heardAs('good morning everybody', 'somebody left a red car outside', 'we we begin with bread')
    const { utterances, added } = alignTranscript(['Good morning, everybody. We begin with bread.'], heard, 'en')
    expect(textsOf(utterances)).toEqual([
      'Good morning, everybody.',
      'somebody left a red car outside',
      'We begin with bread.',
    ])
    expect(added).toBe(6)
  })

  it('is said by whoever was heard', () => {
    const heard = heardAs('good morning', 'hello to you').map((utterance, index) => ({
      ...utterance,
      words: utterance.words.map((word) => ({ ...word, speaker: `${index + 1}` })),
    }))
    const { utterances } = alignTranscript(['Good morning. Hello to you.'], heard, 'en')
    expect(utterances.map(({ speaker, text }) => [speaker, text])).toEqual([
      ['1', 'Good morning.'],
      ['2', 'Hello to you.'],
    ])
  })

  it('has times that never go back, whatever was heard', () => {
    const word = fc.constantFrom('a', 'b', 'c', 'd', 'e.', 'f', 'g', 'h')
    const text = fc.array(word, { minLength: 1, maxLength: 40 }).map((words) => words.join(' '))
    fc.assert(
      fc.property(fc.array(text, { maxLength: 4 }), fc.array(text, { maxLength: 4 }), (paragraphs, said) => {
        const { utterances, unheard } = alignTranscript(paragraphs, heardAs(...said), 'en')
        const words = utterances.flatMap((utterance) => utterance.words)
        let lastS = 0
        for (const { startS, endS } of words) {
          expect(startS).toBeGreaterThanOrEqual(lastS)
          expect(endS).toBeGreaterThanOrEqual(startS)
          lastS = endS
        }
        // No word of the text is lost without a word.
        const count = (texts: readonly string[]) =>
          texts
            .join(' ')
            .split(' ')
            .filter((one) => one !== '').length
        expect(words.filter(({ confidence }) => confidence === 1).length + count(unheard)).toBe(count(paragraphs))
      }),
    )
  })
})

it('hours of words are paired by the places that are surely the same', () => {
  const random = seededRandom(1)
  const words = Array.from({ length: 30_000 }, () => `w${Math.floor(random() * 5000)}`)
  const heard = words.filter((_, index) => index % 20 !== 3).map((word, index) => (index % 15 === 4 ? 'other' : word))
  const pairs = wordPairs(words, heard)
  expect(pairs.filter(({ isSame }) => isSame).length).toBe(heard.filter((word) => word !== 'other').length)
})
