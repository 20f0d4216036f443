import { describe, expect, it } from 'vitest'
import { comparedWords, wordErrors } from '../../bench/speech/word-errors.ts'

describe('wordErrors', () => {
  it.each([
    ['He was not an ill-disposed young man', 'He was not an ill disposed young man.', 0],
    ['ten of clubs', '10 of clubs.', 0],
    ['mister john', 'Mr. John', 0],
    ['go forward ten meters', 'go forward meters', 1],
    ['a b c', '', 3],
    ['a b c', 'x a b d', 2],
    ['¿Cómo está?', 'cómo esta', 1],
  ])('%j heard as %j: %i', (truth, heard, errors) => {
    expect(wordErrors(comparedWords(truth), comparedWords(heard))).toBe(errors)
  })
})
