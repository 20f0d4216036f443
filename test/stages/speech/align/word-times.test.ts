import { describe, expect, it } from 'vitest'
import { spokenLength } from '../../../../stages/speech/align/spoken-length.ts'
import { type HeardText, wordTimes } from '../../../../stages/speech/align/word-times.ts'

/** Returns words of a second each, one after the other. */
const heard = (text: string): readonly HeardText[] =>
  text.split(' ').map((word, index) => ({ text: word, start: index, end: index + 1 }))
const timesOf = (text: string, words: readonly HeardText[]) =>
  wordTimes(text.split(' '), words).map(({ start, end }) => [start, end])

describe('wordTimes', () => {
  it('gives words the times at which the same words were heard, whatever their case and punctuation', () => {
    expect(timesOf('Hello, World!', heard('hello world'))).toEqual([
      [0, 1],
      [1, 2],
    ])
  })

  it('gives another word the time of what was heard in its place', () => {
    expect(timesOf('the quick brown box', heard('the quick brown fox'))[3]).toEqual([3, 4])
  })

  it('gives a number all that was heard for it', () => {
    const [, , number, after] = timesOf('it was 25 years', heard('it was twenty five years'))
    expect(number?.[1]).toBeGreaterThanOrEqual(4)
    expect(after).toEqual([4, 5])
  })

  it('lets a word that was not heard share the time of its neighbour, by the time that it takes to say', () => {
    const [one, two, three] = timesOf('a internationally b', heard('a b'))
    expect(one?.[0]).toBe(0)
    expect(one?.[1]).toBe(two?.[0])
    expect(two).toEqual([expect.closeTo(0.11, 2), 1])
    expect(three).toEqual([1, 2])
    expect(timesOf('zero one', [{ text: 'one', start: 2, end: 4 }])).toEqual([
      [2, expect.closeTo(3.1, 1)],
      [expect.closeTo(3.1, 1), 4],
    ])
  })

  it('does not last over a pause for a word that only was heard', () => {
    const words = [...heard('a b'), { text: 'c', start: 9, end: 10 }]
    expect(timesOf('a b', words)).toEqual([
      [0, 1],
      [1, 2],
    ])
  })

  it('is in order, each word with a length, for any two texts; nothing where nothing was heard', () => {
    expect(timesOf('a b', [])).toEqual([])
    for (const text of ['b a c c d', 'x y z', 'd d d d d d d d', 'a']) {
      const times = timesOf(text, heard('a b c d'))
      expect(times).toHaveLength(text.split(' ').length)
      for (const [index, [start = 0, end = 0]] of times.entries()) {
        expect(end).toBeGreaterThan(start)
        expect(start).toBeGreaterThanOrEqual(times[index - 1]?.[1] ?? 0)
      }
    }
  })
})

describe('spokenLength', () => {
  it.each([
    ['25', 'two'],
    ['50%', '50'],
    ['$5', '5'],
    ['東京', 'to'],
  ])('of %s is more than that of %s', (longer, shorter) => {
    expect(spokenLength(longer)).toBeGreaterThan(spokenLength(shorter))
  })
})
