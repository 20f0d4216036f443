import { padded, shownWidth } from './columns.ts'

/** A name, and what is said of it: each text begins a line. */
export type Entry = readonly [term: string, ...texts: string[]]

export interface EntryLayout {
  /** How many cells of a terminal a line may take. Only a word that is longer takes more. */
  readonly width: number
  /** How far terms stand from the left; by default 2. */
  readonly indent?: number
}

/** Terms that are longer stand on a line of their own. */
const longestTerm = 30
/** In a terminal narrower than this, texts stand below their terms. */
const narrowest = 72

/** Returns terms with their texts beside them, all of which begin at the same column. */
export function entryLines(entries: readonly Entry[], { width, indent = 2 }: EntryLayout): readonly string[] {
  const terms = entries.map(([term]) => shownWidth(term)).filter((length) => length <= longestTerm)
  const left = width < narrowest ? indent + 4 : indent + Math.max(0, ...terms) + 2
  const spaces = (count: number) => ' '.repeat(count)
  return entries.flatMap(([term, ...texts]) => {
    const [first = '', ...others] = texts.flatMap((text) => wrapped(text, width - left))
    const fits = indent + shownWidth(term) + 2 <= left
    const head = fits
      ? [`${spaces(indent)}${padded(term, left - indent)}${first}`.trimEnd()]
      : [`${spaces(indent)}${term}`, ...(first === '' ? [] : [spaces(left) + first])]
    return [...head, ...others.map((text) => spaces(left) + text)]
  })
}

/** Returns text in lines of at most `width` characters, broken at spaces. */
export function wrapped(text: string, width: number): readonly string[] {
  const lines: string[] = []
  for (const word of text.split(/\s+/)) {
    const line = lines.at(-1)
    if (line === undefined || line.length + 1 + word.length > width) lines.push(word)
    else lines[lines.length - 1] = `${line} ${word}`
  }
  return lines
}
