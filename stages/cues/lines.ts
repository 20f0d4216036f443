import { partition } from '../speech/partition.ts'
import { isSpaceBetween, unspacedParts } from './unspaced.ts'

/**
 * Returns a text's words: what whitespace, control characters and broken surrogates separate; in scripts without spaces,
 * where a line may be broken.
 */
export function wordsOf(text: string): string[] {
  const spaced = text.replace(/[\p{Cc}\p{Cs}]/gu, ' ')
  return spaced
    .split(/\s+/u)
    .filter((word) => word !== '')
    .flatMap(unspacedParts)
}

/** Returns words as a text: with spaces between them where their scripts have any. */
export function joinWords(words: readonly string[]): string {
  return words.reduce((text, word, index) => {
    const before = words[index - 1]
    return before === undefined ? word : `${text}${isSpaceBetween(before, word) ? ' ' : ''}${word}`
  }, '')
}

/** Returns a text's length in characters (Unicode code points). */
export function charCount(text: string): number {
  let count = 0
  for (const _ of text) count += 1
  return count
}

/** Returns in how few lines words fit; a word longer than a line has one to itself. */
export function lineCount(words: readonly string[], maxLineChars: number): number {
  let lines = 0
  let filled = 0
  for (const [index, word] of words.entries()) {
    const length = charCount(word)
    const space = isSpaceBetween(words[index - 1] ?? '', word) ? 1 : 0
    if (lines > 0 && filled + space + length <= maxLineChars) filled += space + length
    else {
      lines += 1
      filled = length
    }
  }
  return lines
}

/** Higher than the cost of any lines worth comparing. */
const costOfLine = 1e6

/** Returns words in as few lines as they fit in, of lengths as equal as can be. */
export function wrapLines(words: readonly string[], maxLineChars: number): string[] {
  const line = (from: number, to: number) => joinWords(words.slice(from, to))
  return partition(words.length, {
    fits: (from, to) => charCount(line(from, to)) <= maxLineChars,
    cost: (from, to) => costOfLine + charCount(line(from, to)) ** 2,
  }).map(([from, to]) => line(from, to))
}
