import { describe, expect, it } from 'vitest'
import { cleanText, parseTranslation, withoutMarks } from '../../../stages/speech/apertium-translator.ts'

describe('cleanText', () => {
  it('is one line, without asterisks, which mark unknown words', () => {
    expect(cleanText('  three\n\n* four\t*five ')).toBe('three four five')
    expect(cleanText(' * ')).toBe('')
  })
})

describe('withoutMarks', () => {
  it('counts the words that are unknown, and leaves them', () => {
    expect(withoutMarks('the blorfing river', 'el *blorfing  río')).toEqual({
      text: 'el blorfing río',
      unknownWords: 1,
    })
    expect(withoutMarks('a b c', '*a @b #c')).toEqual({ text: 'a b c', unknownWords: 3 })
  })

  it('leaves the marks that the speaker made', () => {
    expect(withoutMarks('write to @me #now', 'escribe a @*me #ahora')).toEqual({
      text: 'escribe a @me #ahora',
      unknownWords: 1,
    })
    expect(withoutMarks('3 4', '3 * 4')).toEqual({ text: '3 * 4', unknownWords: 0 })
  })
})

describe('parseTranslation', () => {
  it('has a text for each that was given', () => {
    expect(parseTranslation(['one', 'two two'], 'uno\n\n*dos\ndos\n\n')).toEqual({
      texts: ['uno', 'dos dos'],
      unknownWords: 1,
    })
  })

  it('is refused when the number is another', () => {
    expect(parseTranslation(['one', 'two'], 'uno dos\n\n')).toBeUndefined()
    expect(parseTranslation(['one'], 'uno\n\ndos\n\n')).toBeUndefined()
    expect(parseTranslation(['one'], '')).toBeUndefined()
  })
})
