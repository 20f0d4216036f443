import type { Cue } from '../cues.ts'
import { timeMs } from '../timed/time-token.ts'

/** Returns the lines of a text as those of a cue. */
function linesOf(text: string, separator: string | RegExp): readonly string[] {
  return text
    .split(separator)
    .map((line) => line.trim())
    .filter((line) => line !== '')
}

/** Returns the cues of CSV as this program writes it: a row each, with columns called `start`, `end` and `text`. */
export function readCsv(text: string): readonly Cue[] | undefined {
  const [head, ...rows] = rowsOf(text.replace(/^\ufeff/, ''))
  const place = (name: string) => head?.findIndex((cell) => cell.trim().toLowerCase() === name) ?? -1
  const [start, end, said] = [place('start'), place('end'), place('text')]
  if (start < 0 || end < 0 || said < 0) return undefined
  return rows.flatMap((row): readonly Cue[] => {
    const [startMs, endMs] = [timeMs(row[start] ?? ''), timeMs(row[end] ?? '')]
    // An apostrophe keeps a spreadsheet from taking a text for a formula.
    const lines = linesOf((row[said] ?? '').replace(/^'(?=[=+@\t\r-])/, ''), /\r?\n/)
    return startMs === undefined || endMs === undefined || lines.length === 0 ? [] : [{ startMs, endMs, lines }]
  })
}

function rowsOf(text: string): readonly (readonly string[])[] {
  const rows: string[][] = [[]]
  for (const [, quoted, plain = '', end] of text.matchAll(/(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r?\n|$)/g)) {
    rows.at(-1)?.push(quoted?.replaceAll('""', '"') ?? plain)
    if (end === '') break
    if (end !== ',') rows.push([])
  }
  return rows
}

/** Returns the labels of Audacity as cues. */
export function readAudacityLabels(text: string): readonly Cue[] | undefined {
  const rows = text.split(/\r?\n/).filter((line) => line !== '' && !line.startsWith('\\'))
  const cues = rows.map((row): Cue | undefined => {
    const found = /^(\d+(?:[.,]\d+)?)\t(\d+(?:[.,]\d+)?)\t(.*)$/.exec(row)
    if (found === null) return undefined
    const ms = (seconds = '') => Math.round(Number(seconds.replace(',', '.')) * 1000)
    return { startMs: ms(found[1]), endMs: ms(found[2]), lines: linesOf(found[3] ?? '', '\n') }
  })
  if (cues.length === 0 || cues.some((cue) => cue === undefined)) return undefined
  return cues.flatMap((cue) => (cue === undefined || cue.lines.length === 0 ? [] : [cue]))
}

/** A line of LRC that nothing ends is shown for as long. */
const longestLrcMs = 5000

/** Returns the lines of LRC as cues: each is shown until the next one, or an empty one. */
export function readLrc(text: string): readonly Cue[] | undefined {
  const found = [...text.matchAll(/^((?:\[\d+:\d\d(?:[.:]\d{1,3})?\])+)(.*)$/gm)]
  if (found.length === 0) return undefined
  const lines = found.flatMap(([, times = '', said = '']) =>
    [...times.matchAll(/\[(\d+):(\d\d)(?:[.:](\d{1,3}))?\]/g)].map(([, minutes, seconds, fraction = '']) => ({
      ms: (Number(minutes) * 60 + Number(seconds)) * 1000 + Number(fraction.padEnd(3, '0')),
      text: said.replace(/<\d+:\d\d(?:\.\d+)?>/g, '').trim(),
    })),
  )
  lines.sort((one, other) => one.ms - other.ms)
  return lines.flatMap(({ ms, text: said }, index): readonly Cue[] => {
    const endMs = lines[index + 1]?.ms ?? ms + longestLrcMs
    return said === '' || endMs <= ms ? [] : [{ startMs: ms, endMs, lines: [said] }]
  })
}

/** Returns the cues of SBV, as YouTube writes it. */
export function readSbv(text: string): readonly Cue[] | undefined {
  const cues = [...text.matchAll(/^(\d+:\d\d:\d\d\.\d{3}),(\d+:\d\d:\d\d\.\d{3})\r?\n((?:.+\r?\n?)*)/gm)].flatMap(
    ([, start = '', end = '', said = '']): readonly Cue[] => {
      const [startMs, endMs] = [timeMs(start), timeMs(end)]
      const lines = linesOf(said, /\r?\n|\[br\]/)
      return startMs === undefined || endMs === undefined || lines.length === 0 ? [] : [{ startMs, endMs, lines }]
    },
  )
  return cues.length === 0 ? undefined : cues
}

/** Returns the cues of MicroDVD, whose times are frames: at the rate that its first cue says, or at 23.976 a second. */
export function readMicroDvd(text: string): readonly Cue[] | undefined {
  const found = [...text.matchAll(/^\{(\d+)\}\{(\d+)\}(.*)$/gm)]
  if (found.length === 0) return undefined
  const [, first, , head = ''] = found[0] ?? []
  const isRate = Number(first) <= 1 && /^\d+(?:\.\d+)?\s*$/.test(head)
  const rate = isRate ? Number(head) : 24_000 / 1001
  return found.slice(isRate ? 1 : 0).flatMap(([, start, end, said = '']): readonly Cue[] => {
    const ms = (frame: string | undefined) => Math.round((Number(frame) * 1000) / rate)
    const lines = linesOf(said.replace(/\{[a-z]:[^}]*\}/gi, ''), '|')
    return lines.length === 0 ? [] : [{ startMs: ms(start), endMs: ms(end), lines }]
  })
}
