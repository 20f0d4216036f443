import { describe, expect, it } from 'vitest'
import type { Utterance } from '../../../../stages/speech/transcript.ts'
import { atPauses } from '../../../../stages/speech/whisper/at-pauses.ts'
import { frameS } from '../../../../stages/speech/whisper/speech-presence.ts'

type Said = readonly [text: string, startS: number, endS: number]

function utterance(...said: readonly Said[]): Utterance {
  const words = said.map(([text, startS, endS]) => ({ text, startS, endS, confidence: 1 }))
  return {
    startS: words[0]?.startS ?? 0,
    endS: words.at(-1)?.endS ?? 0,
    text: said.map(([text]) => text).join(' '),
    words,
  }
}

/** How likely speech is in each frame of 6 s, in which nobody speaks in these stretches. */
function silentIn(...pauses: readonly (readonly [fromS: number, toS: number])[]): readonly number[] {
  return Array.from({ length: Math.round(6 / frameS) }, (_, frame) => {
    const atS = (frame + 0.5) * frameS
    return pauses.some(([fromS, toS]) => atS > fromS && atS < toS) ? 0.05 : 0.95
  })
}

const times = (found: readonly Utterance[]) =>
  found.map(({ startS, endS }) => [startS, endS].map((time) => Math.round(time * 10) / 10))

describe('atPauses', () => {
  it('ends a sentence at the pause after it, where its last words were put into the next one', () => {
    const school = utterance(['near', 1.7, 2.1], ['the', 2.1, 2.9], ['school.', 2.9, 3.1])
    const today = utterance(['Today', 3.1, 3.5], ['we', 3.5, 3.8])
    const found = atPauses([school, today], silentIn([2.5, 3]))
    expect(times(found)).toEqual([
      [1.7, 2.5],
      [2.9, 3.8],
    ])
    const ends = found[0]?.words.flatMap(({ startS, endS }) => [startS, endS]) ?? []
    expect(ends).toEqual(ends.toSorted((one, other) => one - other))
  })

  it('leaves what is said long enough after a pause where it is', () => {
    const said = [utterance(['close', 1, 2], ['the', 2.6, 2.8], ['library.', 2.8, 3.4]), utterance(['It', 3.4, 3.7])]
    expect(times(atPauses(said, silentIn([2, 2.6])))).toEqual([
      [1, 3.4],
      [3.4, 3.7],
    ])
  })

  it('lets no word last over a pause, and begins the next one at its end, within a sentence as well', () => {
    const said = utterance(['together,', 2, 3.1], ['on', 3.2, 3.3], ['every', 3.3, 3.7])
    const [found] = atPauses([said], silentIn([2.6, 3.1]))
    expect(found?.words.map(({ startS, endS }) => [startS.toFixed(1), endS.toFixed(1)])).toEqual([
      ['2.0', '2.6'],
      ['3.0', '3.3'],
      ['3.3', '3.7'],
    ])
  })

  it('begins a sentence where its speech does, not where that of the one before rings on', () => {
    const found = atPauses([utterance(['Now', 1.9, 2.8], ['we', 2.8, 3])], silentIn([2, 2.5]))
    expect(times(found)).toEqual([[2.4, 3]])
  })

  it('changes nothing where nobody pauses', () => {
    const said = [utterance(['One', 1, 2], ['two.', 2, 3]), utterance(['Three', 3, 4])]
    expect(atPauses(said, silentIn())).toEqual(said)
    expect(atPauses([], silentIn([1, 2]))).toEqual([])
  })
})
