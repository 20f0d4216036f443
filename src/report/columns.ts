import { stripVTControlCharacters } from 'node:util'

/** Returns rows as lines whose columns stand below one another; colours take no place. */
export function columns(rows: readonly (readonly string[])[], indent = ''): readonly string[] {
  const widths: number[] = []
  for (const row of rows) {
    for (const [index, cell] of row.entries()) widths[index] = Math.max(widths[index] ?? 0, shownLength(cell))
  }
  return rows.map((row) =>
    `${indent}${row.map((cell, index) => padded(cell, widths[index] ?? 0)).join('  ')}`.trimEnd(),
  )
}

/** Returns text filled with blanks to a width, counted in characters. */
export function padded(text: string, width: number): string {
  return text + ' '.repeat(Math.max(0, width - shownLength(text)))
}

function shownLength(text: string): number {
  return [...stripVTControlCharacters(text)].length
}
