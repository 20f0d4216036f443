import { expect, it } from 'vitest'
import { shellWord } from '../../src/core/shell-word.ts'

it.each([
  ['plain-name_1.mp4', 'plain-name_1.mp4'],
  ['two words', "'two words'"],
  ["it's", "'it'\\''s'"],
  ['', "''"],
])('%s is the word %s', (text, word) => expect(shellWord(text)).toBe(word))
