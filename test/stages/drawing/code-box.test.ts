import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { brokenLine } from '../../../stages/drawing/code-box.ts'

const broken = (texts: readonly string[], letters: number) =>
  brokenLine(
    texts.map((text) => ({ text, color: undefined })),
    letters,
  ).map((tokens) => tokens.map(({ text }) => text).join(''))

describe('a line of code that is too long', () => {
  it('is broken between words', () => {
    expect(broken(['const total = ', 'measure', '(first, second)'], 20)).toEqual([
      'const total = ',
      '    measure(first, ',
      '    second)',
    ])
  })

  it('is broken in a word where that alone is too long, and never in its indentation', () => {
    expect(broken(['      abcdefghijklmnop'], 10)).toEqual(['      abcd', '    efghij', '    klmnop'])
  })

  it('loses nothing, and fits', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ maxLength: 30 })), fc.integer({ min: 10, max: 40 }), (texts, letters) => {
        const [first = '', ...rest] = broken(texts, letters)
        expect(first + rest.map((line) => line.slice(4)).join('')).toBe(texts.join(''))
        expect(Math.max(...[first, ...rest].map(({ length }) => length))).toBeLessThanOrEqual(letters)
      }),
    )
  })
})
