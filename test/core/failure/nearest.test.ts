import { describe, expect, it } from 'vitest'
import { nearestName, unknownName } from '../../../src/core/failure/nearest.ts'

const names = ['to', 'language', 'recognizer', 'speakers', 'speakerNames', 'separator']

describe('nearestName', () => {
  it.each([
    ['langauge', 'language'],
    ['Recognizr', 'recognizer'],
    ['lang', 'language'],
    ['SEP', 'separator'],
    ['speaker', 'speakers'],
    // Two names begin so.
    ['spea', undefined],
    // Too short to say anything.
    ['la', undefined],
    ['re', undefined],
    ['colour', undefined],
    ['', undefined],
  ])('%j is meant to be %s', (wanted, name) => {
    expect(nearestName(wanted, names)).toBe(name)
  })

  it('is what an unknown name is said to mean', () => {
    expect(unknownName('param', 'lang', ['to', 'language'])).toBe(
      "unknown param 'lang': did you mean 'language'? (valid: to, language)",
    )
  })
})
