import type { FontChain, FontName } from './fonts.ts'
import { lineHeights, linePaths, textWidth, wrapText } from './text.ts'
import type { Theme } from './themes.ts'

/** What is drawn with: fonts, colours, and the size of running text in pixels. */
export interface Pen {
  readonly fonts: Readonly<Record<FontName, FontChain>>
  readonly theme: Theme
  readonly size: number
}

/** A part of a picture that was laid out: its size in pixels, and how it is drawn with its top left corner at (x, y). */
export interface Box {
  readonly width: number
  readonly height: number
  draw(x: number, y: number): string
}

export interface TextBoxOptions {
  readonly font?: FontName
  readonly size?: number
  readonly fill?: string
  readonly leading?: number
}

/** Lays text out in lines of at most `width`. */
export function textBox(text: string, width: number, pen: Pen, options: TextBoxOptions = {}): Box {
  const { font = 'regular', size = pen.size, fill = pen.theme.text, leading = 1.35 } = options
  const style = { chain: pen.fonts[font], size }
  return linesBox(wrapText(text, style, width), style, fill, leading)
}

function linesBox(
  lines: readonly string[],
  style: { readonly chain: FontChain; readonly size: number },
  fill: string,
  leading: number,
): Box {
  const { ascent, descent } = lineHeights(style)
  const step = style.size * leading
  return {
    width: Math.max(0, ...lines.map((line) => textWidth(line, style))),
    height: lines.length === 0 ? 0 : ascent + descent + step * (lines.length - 1),
    draw: (x, y) =>
      lines.map((line, index) => linePaths(line, style, { x, y: y + ascent + step * index, fill })).join(''),
  }
}

/** Lays an item of a list out: a dot or a number, and its text. */
export function bulletBox(
  { text, depth, number }: { readonly text: string; readonly depth: number; readonly number?: number | undefined },
  width: number,
  pen: Pen,
): Box {
  const indent = pen.size * 1.15 * depth
  const gap = pen.size * (number === undefined ? 0.95 : 1.35)
  const body = textBox(text, width - indent - gap, pen, depth === 0 ? {} : { size: pen.size * 0.9 })
  const mark =
    number === undefined ? undefined : textBox(`${number}.`, width, pen, { font: 'bold', fill: pen.theme.accent })
  const { ascent, descent } = lineHeights({ chain: pen.fonts.regular, size: pen.size })
  const dot = pen.size * (depth === 0 ? 0.16 : 0.12)
  return {
    width: indent + gap + body.width,
    height: body.height,
    draw: (x, y) =>
      (mark?.draw(x + indent, y) ??
        `<circle cx="${x + indent + pen.size * 0.3}" cy="${y + (ascent + descent) / 2}" r="${dot}" fill="${pen.theme.accent}"/>`) +
      body.draw(x + indent + gap, y),
  }
}

/** Lays a quotation out, with a bar in the accent's colour beside it. */
export function quoteBox(text: string, width: number, pen: Pen): Box {
  const gap = pen.size * 0.9
  const body = textBox(text, width - gap, pen, { size: pen.size * 1.15, font: 'bold', leading: 1.4 })
  return {
    width: gap + body.width,
    height: body.height,
    draw: (x, y) =>
      `<rect x="${x}" y="${y}" width="${pen.size * 0.16}" height="${body.height}" rx="${pen.size * 0.08}" fill="${pen.theme.accent}"/>` +
      body.draw(x + gap, y),
  }
}

/** Draws what code, tables and lists that are compared stand on. */
export function card(x: number, y: number, width: number, height: number, { theme, size }: Pen): string {
  return (
    `<rect x="${x}" y="${y}" width="${width}" height="${height}" rx="${size * 0.4}" fill="${theme.card}"/>` +
    `<rect x="${x + 0.75}" y="${y + 0.75}" width="${width - 1.5}" height="${height - 1.5}" rx="${size * 0.4}" fill="none" stroke="${theme.muted}" stroke-opacity="0.28" stroke-width="1.5"/>`
  )
}

/** A table is at least so wide, as a share of the width that there is. */
const tableShare = 0.55

/** Lays a table out on a card; its first row is the head. */
export function tableBox(rows: readonly (readonly string[])[], width: number, pen: Pen): Box {
  const size = pen.size * 0.8
  const pad = size * 1.05
  const columns = Math.max(1, ...rows.map((row) => row.length))
  const fontOf = (row: number): FontName => (row === 0 ? 'bold' : 'regular')
  const wanted = Array.from({ length: columns }, (_, column) =>
    Math.max(size, ...rows.map((row, at) => textWidth(row[column] ?? '', { chain: pen.fonts[fontOf(at)], size }))),
  )
  // No word is broken: a column is at least as wide as its longest one, also where the table is then too wide.
  const least = Array.from({ length: columns }, (_, column) =>
    Math.max(
      size,
      ...rows.flatMap((row, at) =>
        (row[column] ?? '').split(/\s+/u).map((word) => textWidth(word, { chain: pen.fonts[fontOf(at)], size })),
      ),
    ),
  )
  const spare = width - pad * (columns + 1) - least.reduce((sum, own) => sum + own, 0)
  const missing = wanted.map((own, column) => own - (least[column] ?? 0))
  const share = Math.max(
    0,
    Math.min(
      1,
      spare /
        Math.max(
          1,
          missing.reduce((sum, own) => sum + own, 0),
        ),
    ),
  )
  const fitted = least.map((own, column) => own + share * (missing[column] ?? 0))
  const filled = fitted.reduce((sum, own) => sum + own + pad, pad)
  const widths = fitted.map((own) => own + Math.max(0, width * tableShare - filled) / columns)
  const cells = rows.map((row, at) =>
    widths.map((own, column) =>
      textBox(row[column] ?? '', own + 0.5, pen, {
        size,
        font: fontOf(at),
        fill: at === 0 ? pen.theme.accent : pen.theme.cardText,
      }),
    ),
  )
  const heights = cells.map((row) => Math.max(size * 1.2, ...row.map(({ height }) => height)) + pad)
  const tableWidth = widths.reduce((sum, own) => sum + own + pad, pad)
  const tableHeight = heights.reduce((sum, own) => sum + own, pad)
  return {
    width: tableWidth,
    height: tableHeight,
    draw(x, y) {
      let svg = card(x, y, tableWidth, tableHeight, pen)
      let top = y + pad
      for (const [at, row] of cells.entries()) {
        let left = x + pad
        for (const [column, cell] of row.entries()) {
          svg += cell.draw(left, top)
          left += (widths[column] ?? 0) + pad
        }
        top += heights[at] ?? 0
        if (at < cells.length - 1) {
          const opacity = at === 0 ? 0.6 : 0.2
          svg += `<rect x="${x + pad / 2}" y="${top - pad / 2 - 1}" width="${tableWidth - pad}" height="2" fill="${pen.theme.muted}" fill-opacity="${opacity}"/>`
        }
      }
      return svg
    },
  }
}

/** Lays boxes out one below the other. */
export function columnBox(boxes: readonly Box[], gap: number): Box {
  return {
    width: Math.max(0, ...boxes.map(({ width }) => width)),
    height: boxes.reduce((sum, { height }) => sum + height, gap * Math.max(0, boxes.length - 1)),
    draw(x, y) {
      let top = y
      return boxes
        .map((box) => {
          const drawn = box.draw(x, top)
          top += box.height + gap
          return drawn
        })
        .join('')
    },
  }
}

/** Lays two lists out beside each other, each on a card under its head: `rows[0]` has the heads. */
export function comparisonBox(rows: readonly (readonly string[])[], width: number, pen: Pen): Box {
  const gap = pen.size * 0.9
  const pad = pen.size * 0.8
  const own = (width - gap) / 2
  const columns = [0, 1].map((column) => {
    const [head, ...items] = rows.map((row) => row[column] ?? '')
    return columnBox(
      [
        textBox(head ?? '', own - 2 * pad, pen, { font: 'bold', fill: pen.theme.accent }),
        ...items
          .filter((item) => item !== '')
          .map((text) => textBox(text, own - 2 * pad, pen, { size: pen.size * 0.88, fill: pen.theme.cardText })),
      ],
      pen.size * 0.5,
    )
  })
  const height = Math.max(...columns.map((column) => column.height)) + 2 * pad
  return {
    width,
    height,
    draw: (x, y) =>
      columns
        .map((column, at) => {
          const left = x + at * (own + gap)
          return card(left, y, own, height, pen) + column.draw(left + pad, y + pad)
        })
        .join(''),
  }
}
