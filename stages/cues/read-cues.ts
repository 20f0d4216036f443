import type { Cue } from './cues.ts'
import { wordJoiner } from './word-joiner.ts'

const time = /(?:(\d{2,}):)?(\d\d):(\d\d)[.,](\d{3})/
const times = new RegExp(`^${time.source}[ \\t]+-->[ \\t]+${time.source}(?:[ \\t].*)?$`)
/** Returns the cues of a SubRip or WebVTT file, or the first invalid block. */
export function readCues(
  text: string,
): { readonly ok: true; readonly value: readonly Cue[] } | { readonly ok: false; readonly error: string } {
  const cues: Cue[] = []
  let lines: string[] | undefined
  for (const line of text.replace(/^\ufeff/, '').split(/\r?\n/)) {
    if (line.includes('-->')) {
      const found = times.exec(line)
      if (found === null) return { ok: false, error: line }
      lines = []
      cues.push({ startMs: milliseconds(found.slice(1, 5)), endMs: milliseconds(found.slice(5, 9)), lines })
    } else if (line === '') lines = undefined
    else lines?.push(line.replaceAll(wordJoiner, ''))
  }
  return { ok: true, value: cues }
}

function milliseconds([hours = '0', minutes = '0', seconds = '0', thousandths = '0']: readonly string[]): number {
  return ((Number(hours) * 60 + Number(minutes)) * 60 + Number(seconds)) * 1000 + Number(thousandths)
}
