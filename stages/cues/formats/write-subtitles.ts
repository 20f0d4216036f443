import { formatAss } from '../ass.ts'
import { formatAudacityLabels } from '../audacity-labels.ts'
import type { Cue } from '../cues.ts'
import { formatLrc } from '../lrc.ts'
import { formatSrt } from '../srt.ts'
import { namedColors } from '../styled/styled-text.ts'
import { formatTtml } from '../ttml.ts'
import { formatVtt } from '../vtt.ts'
import { formatCsv } from './csv.ts'
import { formatEbuStl } from './ebu-stl.ts'
import { formatFcpxml } from './fcpxml.ts'
import { formatJson } from './json.ts'
import { formatScc } from './scc.ts'
import { formatTranscriptPage } from './transcript-page.ts'

/** Every format of subtitles that is written. */
export const writtenFormats = [
  'srt',
  'vtt',
  'ass',
  'ttml',
  'lrc',
  'stl',
  'scc',
  'fcpxml',
  'csv',
  'json',
  'html',
  'audacity',
] as const
export type WrittenFormat = (typeof writtenFormats)[number]

/** Frame rates that formats count in, and how long a frame is, in seconds. */
const frames = {
  '23.976': [1001, 24_000],
  '24': [1, 24],
  '25': [1, 25],
  '29.97': [1001, 30_000],
  '30': [1, 30],
} as const
export const frameRates = ['23.976', '24', '25', '29.97', '30'] as const
export type FrameRate = (typeof frameRates)[number]

export interface WriteOptions {
  readonly language: string
  readonly title: string
  readonly frameRate: FrameRate
  /** Is told what a format cannot hold. */
  readonly warn: (line: string) => void
}

/** Returns the ending of the name of a file in a format. */
export function endingOf(format: WrittenFormat): string {
  return format === 'audacity' ? 'labels.txt' : format
}

/** Returns cues in a format. */
export function writeSubtitlesAs(format: WrittenFormat, cues: readonly Cue[], options: WriteOptions): string | Buffer {
  const { language, title, frameRate, warn } = options
  warnOfStyling(format, cues, warn)
  switch (format) {
    case 'srt':
      return formatSrt(cues)
    case 'vtt':
      return formatVtt(cues)
    case 'ass':
      return formatAss(cues, title)
    case 'ttml':
      return formatTtml(cues, { language, title })
    case 'lrc':
      return formatLrc(cues, { language, title })
    case 'csv':
      return formatCsv(cues)
    case 'json':
      return formatJson(cues, { language })
    case 'html':
      return formatTranscriptPage(cues, { language, title })
    case 'fcpxml':
      return formatFcpxml(cues, { language, title, frame: frames[frameRate] })
    case 'audacity':
      return formatAudacityLabels(
        cues.map(({ startMs, endMs, lines }) => ({
          startS: startMs / 1000,
          endS: endMs / 1000,
          text: lines.join(' '),
        })),
      )
    case 'scc': {
      const { text, unwritable } = formatScc(cues)
      if (unwritable > 0) warn(lacking('SCC', unwritable))
      return text
    }
    case 'stl': {
      const { bytes, unwritable } = formatEbuStl(cues, { title, frameRate: frameRate.startsWith('3') ? 30 : 25 })
      if (unwritable > 0) warn(lacking('EBU STL', unwritable))
      return bytes
    }
    default:
      return format satisfies never
  }
}

/** Formats that hold what is italic, bold, underlined, coloured, or at the top of the picture. */
const styledFormats: ReadonlySet<WrittenFormat> = new Set(['srt', 'vtt', 'ass', 'ttml', 'json'])

function warnOfStyling(format: WrittenFormat, cues: readonly Cue[], warn: (line: string) => void): void {
  const styled = cues.filter((cue) => cue.styled !== undefined || cue.isAtTop === true)
  if (!styledFormats.has(format) && styled.length > 0)
    warn(`${format} has no italics, colours or places: those of ${styled.length} of ${cues.length} cues are left out`)
  const colors = new Set(styled.flatMap((cue) => cue.styled?.flat().flatMap(({ color }) => color ?? []) ?? []))
  const others = [...colors].filter((color) => !Object.values(namedColors).includes(color))
  if (format === 'vtt' && others.length > 0) warn(`WebVTT has eight colours: ${others.join(', ')} are left out`)
}

function lacking(format: string, count: number): string {
  return `${format} lacks ${count} of the characters: they are question marks in it`
}
