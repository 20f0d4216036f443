import type { FontChain, FontRun } from './fonts.ts'

/** Text in one size and colour, on as many lines as it was broken into. */
export interface TextStyle {
  readonly chain: FontChain
  /** Pixels an em. */
  readonly size: number
  /** Times the size, from one line to the next. */
  readonly leading: number
}

/** Code is drawn as it is typed; and empty letters, which ligatures put in place of others, fontkit cannot measure. */
const features = { liga: false, calt: false }

function shaped({ font, text }: FontRun) {
  return font.layout(text, features)
}

/** The widths of words in ems: the same ones are measured at each size that is tried, and in each scene. */
const widths = new WeakMap<FontChain, Map<string, number>>()
/** A word is a hundred bytes or two: documents of any length stay within a few megabytes. */
const mostWidths = 20_000

/** Returns the width of a text on one line, in pixels: of its words, with spaces between that move no letter. */
export function textWidth(text: string, { chain, size }: Pick<TextStyle, 'chain' | 'size'>): number {
  const [first = '', ...others] = text.split(' ')
  let ems = wordWidth(first, chain)
  if (others.length > 0) ems += others.length * wordWidth(' ', chain)
  for (const word of others) ems += wordWidth(word, chain)
  return ems * size
}

function wordWidth(word: string, chain: FontChain): number {
  if (word === '') return 0
  const known = widths.get(chain) ?? new Map<string, number>()
  let ems = known.get(word)
  if (ems === undefined) {
    ems = 0
    for (const run of chain.runs(word)) ems += shaped(run).advanceWidth / run.font.unitsPerEm
    if (known.size >= mostWidths) known.clear()
    widths.set(chain, known.set(word, ems))
  }
  return ems
}

/** Returns where a line's letters reach above and below its base line, in pixels. */
export function lineHeights({ chain, size }: Pick<TextStyle, 'chain' | 'size'>): { ascent: number; descent: number } {
  const { ascent, descent, unitsPerEm } = chain.first
  return { ascent: (ascent * size) / unitsPerEm, descent: (-descent * size) / unitsPerEm }
}

/** Returns a text in lines of at most `width` pixels; a word that is longer than a line is cut. */
export function wrapText(text: string, style: Pick<TextStyle, 'chain' | 'size'>, width: number): string[] {
  const space = textWidth(' ', style)
  const lines: string[] = []
  let line = ''
  let filled = 0
  for (const word of text
    .split(/\s+/u)
    .filter((part) => part !== '')
    .flatMap((part) => fittingParts(part, style, width))) {
    const wide = textWidth(word, style)
    if (line !== '' && filled + space + wide <= width) {
      line += ` ${word}`
      filled += space + wide
    } else {
      if (line !== '') lines.push(line)
      line = word
      filled = wide
    }
  }
  return line === '' ? lines : [...lines, line]
}

/** Cuts a word into parts that are as long as fit; each is guessed by the word's average letter, and then measured. */
function fittingParts(word: string, style: Pick<TextStyle, 'chain' | 'size'>, width: number): string[] {
  const whole = textWidth(word, style)
  if (whole <= width) return [word]
  const letters = [...word]
  const guess = Math.max(1, Math.floor((width / whole) * letters.length))
  const fits = (from: number, count: number) => textWidth(letters.slice(from, from + count).join(''), style) <= width
  const parts: string[] = []
  for (let from = 0; from < letters.length; ) {
    const left = letters.length - from
    let count = Math.min(guess, left)
    while (count > 1 && !fits(from, count)) count -= 1
    while (count < left && fits(from, count + 1)) count += 1
    parts.push(letters.slice(from, from + count).join(''))
    from += count
  }
  return parts
}

/**
 * Returns a line of text as SVG paths, its base line at (x, y). Letters are drawn, not named: what is drawn is what was
 * measured, on every machine.
 */
export function linePaths(
  text: string,
  { chain, size }: Pick<TextStyle, 'chain' | 'size'>,
  { x, y, fill }: { readonly x: number; readonly y: number; readonly fill: string },
): string {
  let at = x
  const groups: string[] = []
  for (const run of chain.runs(text)) {
    const scale = size / run.font.unitsPerEm
    const { glyphs, positions } = shaped(run)
    const paths: string[] = []
    let pen = 0
    for (const [index, glyph] of glyphs.entries()) {
      const { xAdvance = 0, xOffset = 0, yOffset = 0 } = positions[index] ?? {}
      const d = glyph.path.toSVG()
      if (d !== '') paths.push(`<path transform="translate(${round(pen + xOffset)} ${round(yOffset)})" d="${d}"/>`)
      pen += xAdvance
    }
    if (paths.length > 0) {
      const transform = `translate(${round(at)} ${round(y)}) scale(${scale.toFixed(6)} ${(-scale).toFixed(6)})`
      groups.push(`<g transform="${transform}" fill="${fill}">${paths.join('')}</g>`)
    }
    at += pen * scale
  }
  return groups.join('')
}

function round(value: number): number {
  return Math.round(value * 100) / 100
}
