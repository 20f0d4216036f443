import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { charCount, lineCount, wordsOf, wrapLines } from '../../../stages/cues/lines.ts'

const words = fc.array(fc.stringMatching(/^[a-zñ😀]{1,14}$/u), { minLength: 1, maxLength: 30 })
const limit = fc.integer({ min: 8, max: 42 })

describe('wordsOf', () => {
  it('splits at whitespace, controls and broken surrogates', () => {
    expect(wordsOf('  one\u0000two\r\nthree\u2028four\t\ud800five ')).toEqual(['one', 'two', 'three', 'four', 'five'])
    expect(wordsOf(' \n\u0007 ')).toEqual([])
  })
})

describe('charCount', () => {
  it('counts characters, not UTF-16 units', () => {
    expect(charCount('año 😀')).toBe(5)
  })
})

describe('wrapLines', () => {
  it('makes lines of like length', () => {
    expect(wrapLines('today we will talk about the history of our city'.split(' '), 42)).toEqual([
      'today we will talk about',
      'the history of our city',
    ])
  })

  it('leaves a short text on one line', () => {
    expect(wrapLines(['good', 'morning'], 42)).toEqual(['good morning'])
  })

  it('gives a word that is longer than a line a line of its own', () => {
    expect(wrapLines(['see', 'https://example.org/a/very/long/address', 'now'], 20)).toEqual([
      'see',
      'https://example.org/a/very/long/address',
      'now',
    ])
  })

  it('keeps every word in order, within the limit, in as few lines as possible', () => {
    fc.assert(
      fc.property(words, limit, (given, maxLineChars) => {
        const lines = wrapLines(given, maxLineChars)
        expect(lines.flatMap((line) => line.split(' '))).toEqual(given)
        for (const line of lines) if (line.includes(' ')) expect(charCount(line)).toBeLessThanOrEqual(maxLineChars)
        expect(lines).toHaveLength(lineCount(given, maxLineChars))
      }),
    )
  })
})
