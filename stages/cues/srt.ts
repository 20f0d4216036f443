import type { Cue } from './cues.ts'
import { taggedSrt } from './styled/write-markup.ts'
import { clock, milliseconds } from './timestamp.ts'
import { wordJoiner } from './word-joiner.ts'

/**
 * Returns a line in which players find no markup, for which SRT has no escape: no arrow of times, no HTML tag, no line
 * break or override of ASS.
 * Players that draw subtitles as ASS hide text in braces, so braces become parentheses.
 */
export function escapeSrt(line: string): string {
  return line
    .replace(/<(?=[a-z/!?])/gi, `<${wordJoiner}`)
    .replace(/\\(?=[nh])/gi, `\\${wordJoiner}`)
    .replaceAll('-->', `--${wordJoiner}>`)
    .replaceAll('{', '(')
    .replaceAll('}', ')')
}

const time = (ms: number) => `${clock(ms, 2)},${milliseconds(ms)}`

/** Returns cues as SubRip. */
export function formatSrt(cues: readonly Cue[]): string {
  return cues
    .map((cue, index) =>
      [`${index + 1}`, `${time(cue.startMs)} --> ${time(cue.endMs)}`, ...taggedSrt(cue, escapeSrt), '', ''].join('\n'),
    )
    .join('')
}
