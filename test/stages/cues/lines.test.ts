import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { mergeCorrections } from '../../../stages/cues/corrections/merge.ts'
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

describe('scripts without spaces', () => {
  it('are broken between words, and never before what ends a phrase or after what opens one', () => {
    const lines = wrapLines(wordsOf('昨日は「東京タワー」に行きました。とても楽しかったです。'), 13)
    expect(lines.join('')).toBe('昨日は「東京タワー」に行きました。とても楽しかったです。')
    for (const line of lines) {
      expect(charCount(line)).toBeLessThanOrEqual(13)
      expect(line).not.toMatch(/^[。、」]|「$/)
    }
    expect(wrapLines(wordsOf('我们明天早上八点在Netflix大楼门口见面'), 16).join('')).toBe(
      '我们明天早上八点在Netflix大楼门口见面',
    )
    expect(wrapLines(wordsOf('สวัสดีครับ ผมชื่อจอห์น'), 40)).toHaveLength(1)
  })

  it('are merged word by word: what a person corrected stays, and so does what is computed anew elsewhere', () => {
    const cue = (text: string) => ({ startMs: 1000, endMs: 4000, lines: [text] })
    const base = [cue('昨日は京都に行きました')]
    const corrections = [{ base, cues: [cue('昨日は東京に行きました')] }]
    const options = { language: 'ja', maxLineChars: 20, offsetMs: 0, durationMs: 9000 }
    const { pieces, corrections: outcomes } = mergeCorrections([cue('昨日は京都に行きましたね')], corrections, options)
    expect(pieces.flatMap(({ shown }) => shown.map(({ lines }) => lines.join('')))).toEqual([
      '昨日は東京に行きましたね',
    ])
    expect(outcomes.map(({ state }) => state)).toEqual(['applied'])
  })
})
