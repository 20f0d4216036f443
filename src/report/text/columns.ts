import { stripVTControlCharacters } from 'node:util'
import { eastAsianWidth } from 'get-east-asian-width'
import { isPlain } from './printable.ts'

/** Returns rows as lines with aligned columns; colours take no width. */
export function columns(rows: readonly (readonly string[])[], indent = ''): readonly string[] {
  const widths: number[] = []
  for (const row of rows) {
    for (const [index, cell] of row.entries()) widths[index] = Math.max(widths[index] ?? 0, shownWidth(cell))
  }
  return rows.map((row) =>
    `${indent}${row.map((cell, index) => padded(cell, widths[index] ?? 0)).join('  ')}`.trimEnd(),
  )
}

/** Returns text padded with spaces to a width in cells of the terminal. */
export function padded(text: string, width: number): string {
  return text + ' '.repeat(Math.max(0, width - shownWidth(text)))
}

const esc = String.fromCharCode(27)
const colourOrLetter = new RegExp(`${esc}\\[[0-9;]*m|.`, 'gsu')

/** Returns the beginning of a line that takes at most so many cells of a terminal, and ends its colours. */
export function cutToWidth(line: string, width: number): string {
  if (shownWidth(line) <= width) return line
  let kept = ''
  let left = width
  for (const [part] of line.matchAll(colourOrLetter)) {
    left -= shownWidth(part)
    if (left < 0) break
    kept += part
  }
  return line.includes(esc) ? `${kept}${esc}[0m` : kept
}

/** Combining marks, joiners and variation selectors, which take no cell of their own. */
const withoutCell = /[\p{Mn}\p{Me}\p{Cf}]/u

/** Returns how many cells of a terminal a text takes: none for colours and marks, two for wide letters and pictures. */
export function shownWidth(text: string): number {
  if (isPlain(text)) return text.length
  const shown = stripVTControlCharacters(text)
  if (isPlain(shown)) return shown.length
  let width = 0
  for (const letter of shown) {
    if (!withoutCell.test(letter)) width += eastAsianWidth(letter.codePointAt(0) ?? 0)
  }
  return width
}
