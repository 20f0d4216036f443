import type { ToolHost } from './ffmpeg.ts'

/** A number before a percent sign, such as tqdm's ` 45%|####5     | 45/100`, or `Transcribing: 12.5 %`. */
const percent = /(?<![\d.])(\d{1,3}(?:\.\d+)?) ?%(?![\w%])/g

/** Returns how far a line says that a tool is, from 0 to 1; undefined for a line that does not say it. */
export function percentOf(line: string): number | undefined {
  // Where several stand on a line, as in that of a bar inside a bar, the first is that of the whole.
  for (const [, digits] of line.matchAll(percent)) {
    const value = Number(digits)
    if (value <= 100) return value / 100
  }
  return undefined
}

export interface PercentSpan {
  /** Only lines that begin with this are read: a tool may draw a bar for a download first. */
  readonly label?: string
  /** Which part of the step's work the tool does; all of it by default. */
  readonly from?: number
  readonly to?: number
}

/** Returns a reader of a tool's lines, for `onStderrLine` or `onStdoutLine`, that tells the step's progress by their percents. */
export function percentProgress(host: Pick<ToolHost, 'progress'>, span: PercentSpan = {}): (line: string) => void {
  const { label = '', from = 0, to = 1 } = span
  return (line) => {
    const fraction = line.trimStart().startsWith(label) ? percentOf(line) : undefined
    if (fraction !== undefined) host.progress(from + (to - from) * fraction)
  }
}
