import type { Cue } from './cues.ts'
import { clock, milliseconds } from './timestamp.ts'

/** Returns a line with the characters escaped that WebVTT takes for tags, entities and arrows (W3C WebVTT, section 4.2). */
export function escapeVtt(line: string): string {
  return line.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
}

const time = (ms: number) => `${clock(ms, 2)}.${milliseconds(ms)}`

/** Returns cues as WebVTT. */
export function formatVtt(cues: readonly Cue[]): string {
  const blocks = cues.map(({ startMs, endMs, lines }) =>
    [`${time(startMs)} --> ${time(endMs)}`, ...lines.map(escapeVtt), '', ''].join('\n'),
  )
  return `WEBVTT\n\n${blocks.join('')}`
}
