import type { Cue } from './cues.ts'
import { clock, milliseconds } from './timestamp.ts'

/** Invisible, and without a width: it keeps players from reading a character as markup, for which SRT has no escape. */
const wordJoiner = '\u2060'

/** Returns a line in which players find no markup: neither HTML tags nor ASS overrides. */
export function escapeSrt(line: string): string {
  return line.replace(/<(?=[a-z/!?])/gi, `<${wordJoiner}`).replaceAll('{', `{${wordJoiner}`)
}

const time = (ms: number) => `${clock(ms, 2)},${milliseconds(ms)}`

/** Returns cues as SubRip. */
export function formatSrt(cues: readonly Cue[]): string {
  return cues
    .map(({ startMs, endMs, lines }, index) =>
      [`${index + 1}`, `${time(startMs)} --> ${time(endMs)}`, ...lines.map(escapeSrt), '', ''].join('\n'),
    )
    .join('')
}
