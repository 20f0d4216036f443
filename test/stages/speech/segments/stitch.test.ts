import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { SegmentPlace } from '../../../../stages/speech/segments/places.ts'
import { stitched } from '../../../../stages/speech/segments/stitch.ts'
import type { Transcript, Word } from '../../../../stages/speech/transcript.ts'

const words = (text: string, fromS = 0): Word[] =>
  text.split(' ').map((word, index) => ({
    text: word,
    startS: fromS + 0.5 * index,
    endS: fromS + 0.5 * index + 0.4,
    confidence: 1,
  }))

function speechOf(said: readonly Word[], startS: number): Transcript {
  const own = said.map((word) => ({ ...word, startS: word.startS - startS, endS: word.endS - startS }))
  const [first, last] = [own.at(0), own.at(-1)]
  const text = said.map((word) => word.text).join(' ')
  const utterances =
    first === undefined || last === undefined ? [] : [{ startS: first.startS, endS: last.endS, text, words: own }]
  return { language: 'en', durationS: 30, utterances }
}

const place = (startS: number, fromS: number, toS: number): SegmentPlace => ({
  file: `${fromS}.wav`,
  startS,
  fromS,
  toS,
})
const textsOf = (segments: Parameters<typeof stitched>[0]) => stitched(segments).map(({ text }) => text)

describe('stitching', () => {
  it('has the time of the recording, and the utterances of each segment', () => {
    const one = { place: place(2, 0, 10), speech: speechOf(words('Good morning.', 3), 2) }
    const two = { place: place(12.25, 10, 20), speech: speechOf(words('Welcome all.', 13), 12.25) }
    expect(stitched([one, two])).toMatchObject([
      { startS: 3, endS: 3.9, text: 'Good morning.' },
      { startS: 13, endS: 13.9, text: 'Welcome all.', words: [{ startS: 13 }, { startS: 13.5 }] },
    ])
  })

  it('goes on with a sentence that a cut went through', () => {
    const one = { place: place(0, 0, 1), speech: speechOf(words('so we', 0), 0) }
    const two = { place: place(1, 1, 9), speech: speechOf(words('went home.', 1), 1) }
    expect(textsOf([one, two])).toEqual(['so we went home.'])
    const late = { place: place(1, 1, 9), speech: speechOf(words('went home.', 2), 1) }
    expect(textsOf([one, late])).toEqual(['so we', 'went home.'])
  })

  it('joins what overlaps after a word that both have, though each has the end of it wrong', () => {
    const left = { place: place(0, 0, 2), speech: speechOf(words('one two three four fie', 0), 0) }
    const right = { place: place(1, 2, 9), speech: speechOf(words('tree four five six', 1), 1) }
    expect(textsOf([left, right])).toEqual(['one two three four five six'])
  })

  it('joins at the cut where both have heard something else', () => {
    const left = { place: place(0, 0, 2), speech: speechOf(words('one two three for fie', 0), 0) }
    const right = { place: place(1, 2, 9), speech: speechOf(words('tree fore five six', 1), 1) }
    expect(textsOf([left, right])).toEqual(['one two three for five six'])
  })

  it('loses no word and doubles none, wherever it is cut', () => {
    const spoken = fc.array(fc.constantFrom('a', 'b', 'the', 'cat', 'sat', 'on', 'it'), {
      minLength: 40,
      maxLength: 90,
    })
    const gaps = fc.infiniteStream(fc.constantFrom(0.02, 0.1, 0.3))
    const cuts = fc.array(fc.integer({ min: 20, max: 400 }), { minLength: 1, maxLength: 4 })
    fc.assert(
      fc.property(spoken, gaps, cuts, fc.boolean(), (texts, gap, tenths, isForced) => {
        let at = 0.5
        const said = texts.map((text): Word => {
          const startS = at
          at += 0.3 + (gap.next().value ?? 0)
          return { text, startS, endS: startS + 0.3, confidence: 1 }
        })
        const endS = at + 0.5
        const inPause = (cutS: number) => said.every(({ startS, endS: end }) => cutS <= startS || cutS >= end)
        const places = [...new Set(tenths)].map((tenth) => tenth / 10).sort((one, other) => one - other)
        // A cut that is not forced lies in a pause; forced ones are not close to each other.
        const good = places.filter(
          (cutS, index) => cutS < endS - 4 && (isForced ? cutS - (places[index - 1] ?? -9) > 8 : inPause(cutS)),
        )
        const edges = [0, ...good, endS]
        const overlapS = isForced ? 1 : 0
        const segments = edges.slice(1).map((toS, index) => {
          const fromS = edges[index] ?? 0
          const startS = Math.max(0, fromS - overlapS)
          const heard = said.filter((word) => word.startS >= startS && word.endS <= toS + overlapS)
          return { place: place(startS, fromS, toS), speech: speechOf(heard, startS) }
        })
        const made = stitched(segments).flatMap((utterance) => utterance.words.map(({ text }) => text))
        expect(made).toEqual(texts)
      }),
    )
  })
})
