import type { Cue } from './cues.ts'
import { taggedVtt } from './styled/write-markup.ts'
import { clock, milliseconds } from './timestamp.ts'

/** Returns a line with the characters escaped that WebVTT takes for tags, entities and arrows (W3C WebVTT, section 4.2). */
export function escapeVtt(line: string): string {
  return line.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
}

const time = (ms: number) => `${clock(ms, 2)}.${milliseconds(ms)}`

/** Returns cues as WebVTT. */
export function formatVtt(cues: readonly Cue[]): string {
  const blocks = cues.map((cue) => {
    const place = cue.isAtTop === true ? ' line:5%' : ''
    return [`${time(cue.startMs)} --> ${time(cue.endMs)}${place}`, ...taggedVtt(cue, escapeVtt), '', ''].join('\n')
  })
  return `WEBVTT\n\n${blocks.join('')}`
}
