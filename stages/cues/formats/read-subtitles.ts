import { fileText } from '../../languages/file-text.ts'
import type { Cue } from '../cues.ts'
import { readTtml } from '../read-ttml/read-ttml.ts'
import { stylingOf } from '../styled/styled-text.ts'
import { readTimedFile } from '../timed/timed-file.ts'
import { readEbuStl } from './ebu-stl.ts'
import { readFcpxml } from './fcpxml.ts'
import { readJson } from './json.ts'
import { readAudacityLabels, readCsv, readLrc, readMicroDvd, readSbv } from './read-lists.ts'
import { readScc } from './scc.ts'

/** The formats of subtitles that can be read. */
export type ReadFormat = 'srt' | 'vtt' | 'ass' | 'stl' | 'fcpxml' | (typeof others)[number][0]

export type ReadSubtitles =
  | { readonly ok: true; readonly value: { readonly format: ReadFormat; readonly cues: readonly Cue[] } }
  | { readonly ok: false; readonly error: string }

const mostXmlBytes = 64 << 20

/** Returns the cues of a subtitle file in any format that can be read, in the order of time. */
export function readSubtitles(bytes: Buffer): ReadSubtitles {
  const stl = readEbuStl(bytes)
  if (stl !== undefined) return { ok: true, value: { format: 'stl', cues: inOrder(stl) } }
  if (bytes.length <= mostXmlBytes && bytes.subarray(0, 4096).includes('<fcpxml')) {
    const captions = readFcpxml(bytes.toString('utf8'))
    if (captions !== undefined) return { ok: true, value: { format: 'fcpxml', cues: inOrder(captions) } }
  }
  const timed = readTimedFile(bytes)
  if (!timed.ok || timed.value.cues.length === 0) {
    const other = bytes.length > mostXmlBytes ? undefined : readOther(fileText(bytes))
    if (other !== undefined) return { ok: true, value: { ...other, cues: inOrder(other.cues) } }
  }
  if (!timed.ok) return { ok: false, error: timed.error.replace('ASS or SSA', `ASS, SSA, EBU STL, ${otherNames}`) }
  const cues = timed.value.cues.flatMap(({ start, end, text, markup, isShown }): readonly Cue[] => {
    const lines = text
      .split('\n')
      .map((line) => line.trim())
      .filter((line) => line !== '')
    const shown = { lines, ...stylingOf(markup, lines) }
    return isShown && lines.length > 0 ? [{ startMs: start.ms, endMs: end.ms, ...shown }] : []
  })
  return { ok: true, value: { format: timed.value.format, cues: inOrder(cues) } }
}

/** Formats that say by how they look what they are, the surest first. */
const others = [
  ['scc', readScc],
  ['ttml', readTtml],
  ['json', readJson],
  ['csv', readCsv],
  ['microdvd', readMicroDvd],
  ['sbv', readSbv],
  ['lrc', readLrc],
  ['audacity', readAudacityLabels],
] as const
const otherNames = 'FCPXML, SCC, TTML, JSON, CSV, MicroDVD, SBV, LRC or labels of Audacity'

function readOther(text: string): { readonly format: ReadFormat; readonly cues: readonly Cue[] } | undefined {
  for (const [format, read] of others) {
    const cues = read(text)
    if (cues !== undefined && cues.length > 0) return { format, cues }
  }
  return undefined
}

function inOrder(cues: readonly Cue[]): readonly Cue[] {
  return cues.toSorted((one, other) => one.startMs - other.startMs)
}
