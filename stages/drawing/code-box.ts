import { type Box, card, type Pen } from './boxes.ts'
import type { CodeToken } from './code-tokens.ts'
import { lineHeights, linePaths, textWidth } from './text.ts'

/**
 * Lays code out on a card, its pieces in the theme's colours. Only where `wrapAt` is given are lines that are wider
 * than that broken.
 */
export function codeBox(source: readonly (readonly CodeToken[])[], pen: Pen, wrapAt?: number): Box {
  const style = { chain: pen.fonts.mono, size: pen.size * 0.78 }
  const pad = pen.size * 0.8
  const letters = wrapAt === undefined ? undefined : Math.floor((wrapAt - 2 * pad) / textWidth('0', style))
  const lines = letters === undefined ? source : source.flatMap((tokens) => brokenLine(tokens, Math.max(10, letters)))
  const step = style.size * 1.5
  const { ascent, descent } = lineHeights(style)
  const widths = lines.map((tokens) => textWidth(tokens.map(({ text }) => text).join(''), style))
  const width = Math.max(pen.size * 8, ...widths) + 2 * pad
  const height = ascent + descent + step * (lines.length - 1) + 2 * pad
  return {
    width,
    height,
    draw: (x, y) =>
      card(x, y, width, height, pen) +
      lines
        .map((tokens, index) => {
          let at = x + pad
          return tokens
            .map(({ text, color }) => {
              const fill = color === undefined ? pen.theme.cardText : pen.theme.code[color]
              const drawn = linePaths(text, style, { x: at, y: y + pad + ascent + step * index, fill })
              at += textWidth(text, style)
              return drawn
            })
            .join('')
        })
        .join(''),
  }
}

/** A line that goes on is indented so much. */
const continuation = '    '

/** Returns a line of code as lines of at most so many letters: in a font of one width, letters are as good as pixels. */
export function brokenLine(tokens: readonly CodeToken[], letters: number): CodeToken[][] {
  const lines: CodeToken[][] = [[]]
  let before = ''
  for (const { text, color } of tokens) {
    let rest = text
    while (before.length + rest.length > letters) {
      const at = breakAt(before, rest, letters)
      lines.at(-1)?.push({ text: rest.slice(0, at), color })
      rest = rest.slice(at)
      lines.push([{ text: continuation, color }])
      before = continuation
    }
    if (rest !== '') lines.at(-1)?.push({ text: rest, color })
    before += rest
  }
  return lines
}

/** Returns how much of `rest` stays in the line that begins with `before`: up to a space, or else whole words, or else all. */
function breakAt(before: string, rest: string, letters: number): number {
  const most = letters - before.length
  const isBlank = before.trim() === ''
  const last = (isPlace: (at: number) => boolean) => {
    for (let at = most; at > 0; at--) if (isPlace(at) && (!isBlank || rest.slice(0, at).trim() !== '')) return at
    return undefined
  }
  const atSpace = last((at) => /\s/u.test(rest[at - 1] ?? ''))
  if (atSpace !== undefined) return atSpace
  if (!isBlank && /\s$/u.test(before)) return 0
  return last((at) => !/^\w\w$/u.test(rest.slice(at - 1, at + 1))) ?? (isBlank ? Math.max(1, most) : 0)
}
