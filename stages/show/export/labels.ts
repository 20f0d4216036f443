import { stringify } from 'csv-stringify/sync'
import { formatAudacityLabels } from '../../cues/audacity-labels.ts'
import type { Lyrics } from '../lyrics/lyrics-schema.ts'
import type { Analysis } from '../song/analysis.ts'

/** Returns the files of labels, by their names; what `beats.txt` and `sections.txt` have can be corrected, and passed back. */
export function labelFiles(analysis: Analysis, lyrics: Lyrics | undefined): ReadonlyMap<string, string> {
  const points = (moments: readonly { readonly atS: number }[], text: string) =>
    moments.map(({ atS }) => ({ startS: atS, endS: atS, text }))
  const { beats, bars, sections, onsets, impacts, drops, gaps } = analysis
  const files = {
    beats: beats.map(({ atS, position }) => ({ startS: atS, endS: atS, text: String(position) })),
    bars: bars.map(({ startS, endS }, at) => ({ startS, endS, text: String(at + 1) })),
    sections: sections.map(({ startS, endS, label }) => ({ startS, endS, text: label })),
    onsets: [...points(onsets.low, 'low'), ...points(onsets.mid, 'mid'), ...points(onsets.high, 'high')],
    moments: [
      ...points(impacts, 'impact'),
      ...points(drops, 'drop'),
      ...gaps.map(({ startS, endS }) => ({ startS, endS, text: 'silence' })),
    ],
    lyrics: (lyrics?.lines ?? []).map(({ startS, endS, text }) => ({ startS, endS, text })),
  }
  return new Map(
    Object.entries(files).flatMap(([name, labels]) =>
      labels.length === 0
        ? []
        : [[`${name}.txt`, formatAudacityLabels(labels.toSorted((one, other) => one.startS - other.startS))]],
    ),
  )
}

/** Returns lyrics as LRC with a time for each word. */
export function formatLrc({ lines }: Lyrics): string {
  const time = (seconds: number) => {
    const hundredths = Math.round(seconds * 100)
    const digits = (value: number) => String(value).padStart(2, '0')
    return `${digits(Math.floor(hundredths / 6000))}:${digits(Math.floor(hundredths / 100) % 60)}.${digits(hundredths % 100)}`
  }
  return lines
    .map(
      ({ startS, words }) =>
        `[${time(startS)}]${words.map((word) => `<${time(word.startS)}>${word.text}`).join(' ')}\n`,
    )
    .join('')
}

/** Returns all marks as a table (RFC 4180): kind, start and end in seconds, text, confidence. */
export function formatCsv(analysis: Analysis): string {
  const rows = [
    ...analysis.beats.map(({ atS, position, confidence }) => ['beat', atS, atS, position, confidence]),
    ...analysis.bars.map(({ startS, endS, confidence }, at) => ['bar', startS, endS, at + 1, confidence]),
    ...analysis.sections.map(({ startS, endS, label, occurrence, confidence }) => [
      ...['section', startS, endS, `${label}${occurrence}`, confidence],
    ]),
    ...(['low', 'mid', 'high'] as const).flatMap((band) =>
      analysis.onsets[band].map(({ atS, confidence }) => ['onset', atS, atS, band, confidence]),
    ),
    ...analysis.impacts.map(({ atS, confidence }) => ['impact', atS, atS, '', confidence]),
    ...analysis.drops.map(({ atS, confidence }) => ['drop', atS, atS, '', confidence]),
    ...analysis.gaps.map(({ startS, endS, confidence }) => ['gap', startS, endS, '', confidence]),
  ]
  rows.sort(([, one], [, other]) => Number(one) - Number(other))
  const columns = ['kind', 'start_s', 'end_s', 'text', 'confidence']
  // A label that a person wrote, and that begins like a formula, would be one in a spreadsheet.
  return stringify(rows, { header: true, columns, record_delimiter: '\r\n', escape_formulas: true })
}
