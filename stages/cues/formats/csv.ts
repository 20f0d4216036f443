import type { Cue } from '../cues.ts'
import { clock, milliseconds } from '../timestamp.ts'

const time = (ms: number) => `${clock(ms, 2)}.${milliseconds(ms)}`
/** A text that a spreadsheet takes for a formula has an apostrophe before it. */
const quoted = (text: string) => `"${text.replace(/^(?=[=+@\t\r-])/, "'").replaceAll('"', '""')}"`

/** Returns cues as CSV (RFC 4180): number, start, end and text, whose lines are those of the cue. */
export function formatCsv(cues: readonly Cue[]): string {
  const rows = cues.map(({ startMs, endMs, lines }, index) =>
    [String(index + 1), time(startMs), time(endMs), quoted(lines.join('\n'))].join(','),
  )
  return ['number,start,end,text', ...rows, ''].join('\r\n')
}
