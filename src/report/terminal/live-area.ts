import { cutToWidth, shownWidth } from '../text/columns.ts'

/** The live lines at the bottom of a terminal. */
export interface LiveArea {
  /** Replaces what is shown. */
  show(lines: readonly string[]): void
  /** Removes what is shown, so that other text can be written. */
  clear(): void
  /** Shows how much is done outside of the text, where the terminal can; undefined takes it away. */
  progress?(percent: number | undefined): void
}

/** The part of a terminal that a live area needs. */
export type Terminal = Pick<NodeJS.WriteStream, 'write' | 'columns' | 'rows'>

const up = (rows: number) => (rows === 0 ? '' : `\x1b[${rows}A`)
const clearBelow = '\x1b[J'

/**
 * Returns a live area on a terminal. It is never higher than a third of the terminal, and no line of it is wider: what has scrolled
 * away could not be removed, and what is above the area would be instead.
 */
export function openLiveArea(terminal: Terminal, progressCode?: (percent: number | undefined) => string): LiveArea {
  let shown: readonly string[] = []
  let shownPercent: number | undefined
  /** The cursor stands behind the last line. The terminal may be narrower by now, and have wrapped the lines. */
  const removal = () => {
    if (shown.length === 0) return ''
    const width = terminal.columns || defaultColumns
    const rows = shown.reduce((sum, line) => sum + Math.max(1, Math.ceil(shownWidth(line) / width)), 0)
    return `\r${up(Math.min(rows, terminal.rows || defaultRows) - 1)}${clearBelow}`
  }
  const draw = (lines: readonly string[]) => {
    const text = removal() + lines.join('\n')
    shown = lines
    if (text !== '') terminal.write(text)
  }
  return {
    show: (lines) => draw(fitting(lines, terminal)),
    clear: () => draw([]),
    progress(percent) {
      if (progressCode === undefined || percent === shownPercent) return
      shownPercent = percent
      terminal.write(progressCode(percent))
    },
  }
}

const [defaultColumns, defaultRows] = [80, 24]

/** At least the first line, how many others there are, and the last one. */
const leastLines = 3

/** Returns lines cut to the terminal's width; of too many the first, how many more there are, and the last. */
function fitting(lines: readonly string[], { columns, rows }: Terminal): readonly string[] {
  const height = rows || defaultRows
  const most = Math.min(Math.max(leastLines, Math.floor(height / 3)), Math.max(1, height - 1))
  const kept = Math.max(0, most - 2)
  const more = lines.length - kept - 1
  const chosen = lines.length <= most ? lines : [...lines.slice(0, kept), `and ${more} more`, ...lines.slice(-1)]
  // In the last column, terminals differ in where the cursor is then.
  return chosen.slice(-most).map((line) => cutToWidth(line, (columns || defaultColumns) - 1))
}
