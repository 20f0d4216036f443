import { findArrowCues } from './arrow-cues.ts'
import { findAssCues } from './ass-cues.ts'
import type { PlacedCue } from './placed-cue.ts'
import { formatTime } from './time-token.ts'

export type TimedFormat = 'srt' | 'vtt' | 'ass'

/** A subtitle file whose times can be changed, with every other byte as it was. */
export interface TimedFile {
  readonly format: TimedFormat
  /** In the order of the file. */
  readonly cues: readonly PlacedCue[]
  /** Returns the file with other times; a cue without a function for its times is left out. */
  retimed(timesOf: (cue: PlacedCue, index: number) => ((ms: number) => number) | undefined): Buffer
}

/** Larger is no subtitle file. */
const mostBytes = 64 << 20

/** Returns the subtitle file in these bytes, or what is wrong with them. */
export function readTimedFile(
  bytes: Buffer,
): { readonly ok: true; readonly value: TimedFile } | { readonly ok: false; readonly error: string } {
  if (bytes.length > mostBytes) return { ok: false, error: `it has ${Math.round(bytes.length / (1 << 20))} MB` }
  const { text, encoded, read } = decoded(bytes)
  const format = formatOf(text)
  if (format === undefined) return { ok: false, error: 'it is not SRT, WebVTT, ASS or SSA' }
  const cues = format === 'ass' ? findAssCues(text, read) : findArrowCues(text, format, read)
  if (!cues.ok) return cues
  return {
    ok: true,
    value: {
      format,
      cues: cues.value,
      retimed: (timesOf) => encoded(rewritten(text, cues.value, timesOf)),
    },
  }
}

function formatOf(text: string): TimedFormat | undefined {
  const start = text.replace(/^(?:\ufeff|\u00ef\u00bb\u00bf)/, '')
  if (/^WEBVTT(?:[ \t\r\n]|$)/.test(start)) return 'vtt'
  if (/^\[(?:Script Info|V4\+? Styles|Events)\]/im.test(start)) return 'ass'
  return start.includes('-->') ? 'srt' : undefined
}

interface Decoded {
  readonly text: string
  readonly encoded: (text: string) => Buffer
  /** Returns what a part of the text says. */
  readonly read: (part: string) => string
}

/** Reads every encoding that begins with ASCII as bytes, so that they come back as they were; and UTF-16. */
function decoded(bytes: Buffer): Decoded {
  const same = (part: string) => part
  if (bytes[0] === 0xff && bytes[1] === 0xfe && bytes.length % 2 === 0)
    return { text: bytes.toString('utf16le'), encoded: (text) => Buffer.from(text, 'utf16le'), read: same }
  if (bytes[0] === 0xfe && bytes[1] === 0xff && bytes.length % 2 === 0) {
    const swapped = Buffer.from(bytes).swap16()
    return { text: swapped.toString('utf16le'), encoded: (text) => Buffer.from(text, 'utf16le').swap16(), read: same }
  }
  const utf8 = new TextDecoder('utf-8', { fatal: true })
  const read = (part: string) => {
    try {
      return utf8.decode(Buffer.from(part, 'latin1'))
    } catch {
      return part
    }
  }
  return { text: bytes.toString('latin1'), encoded: (text) => Buffer.from(text, 'latin1'), read }
}

function rewritten(text: string, cues: readonly PlacedCue[], timesOf: Parameters<TimedFile['retimed']>[0]): string {
  const parts: string[] = []
  let at = 0
  for (const [index, cue] of cues.entries()) {
    const times = timesOf(cue, index)
    if (times === undefined) {
      parts.push(text.slice(at, cue.from))
      at = cue.to
      continue
    }
    for (const token of [cue.start, cue.end, ...cue.inner]) {
      parts.push(text.slice(at, token.from), formatTime(text.slice(token.from, token.to), times(token.ms)))
      at = token.to
    }
  }
  return [...parts, text.slice(at)].join('')
}
