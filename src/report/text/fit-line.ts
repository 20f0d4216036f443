import { shownWidth } from './columns.ts'

/** Where a terminal is narrower than this, it wraps lines itself. */
const narrowest = 40

/**
 * Returns a line of a report as lines of at most `width` cells, broken between words below the column where its text
 * begins. A command stays whole, on a line of its own, so that it can be copied; so does a word that is longer.
 */
export function fitLine(line: string, width: number): readonly string[] {
  if (width < narrowest || shownWidth(line) <= width) return [line]
  const [, head, command] = /^(.*:) (reprise .*)$/.exec(line) ?? []
  if (head !== undefined && command !== undefined) {
    const indent = ' '.repeat(leadingSpaces(line) + 2)
    return [...fitLine(head, width), `${indent}${command}`]
  }
  const indent = ' '.repeat(textColumn(line, width))
  const lines: string[] = []
  let current = ''
  for (const word of line.split(/(?<=\S) (?=\S)/)) {
    if (current === '') current = word
    else if (shownWidth(current) + 1 + shownWidth(word) <= width) current += ` ${word}`
    else {
      lines.push(current)
      current = indent + word
    }
  }
  return [...lines, current]
}

/** Returns the column where the text of a line begins: after the last gap between its columns, or its indent. */
function textColumn(line: string, width: number): number {
  const gaps = [...line.matchAll(/ {2,}(?=\S)/g)]
  const column = gaps
    .map(({ 0: gap, index }) => shownWidth(line.slice(0, index)) + gap.length)
    .filter((end) => end <= width / 2)
    .at(-1)
  return column ?? leadingSpaces(line) + 2
}

function leadingSpaces(line: string): number {
  return /^ */.exec(line)?.[0].length ?? 0
}
