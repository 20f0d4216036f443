import { expect, it } from 'vitest'
import { displayPath, shellWord } from '../../src/cli/display-path.ts'

it.each([
  ['/a/b/c', '/a', './b/c'],
  ['/a', '/a', '.'],
  ['/b/c', '/a', '/b/c'],
  ['/a/..b', '/a', '/a/..b'],
])('%s is %s for who is in %s', (path, cwd, shown) => expect(displayPath(path, cwd)).toBe(shown))

it.each([
  ['plain-name_1.mp4', 'plain-name_1.mp4'],
  ['two words', "'two words'"],
  ["it's", "'it'\\''s'"],
  ['', "''"],
])('%s is the word %s', (text, word) => expect(shellWord(text)).toBe(word))
