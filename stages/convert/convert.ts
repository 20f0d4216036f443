import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { defineStage } from 'reprise'
import * as z from 'zod/mini'
import { formatAss } from '../cues/ass.ts'
import type { Cue } from '../cues/cues.ts'
import { formatCsv } from '../cues/formats/csv.ts'
import { formatEbuStl } from '../cues/formats/ebu-stl.ts'
import { formatFcpxml } from '../cues/formats/fcpxml.ts'
import { readSubtitles } from '../cues/formats/read-subtitles.ts'
import { formatTranscriptPage } from '../cues/formats/transcript-page.ts'
import { formatLrc } from '../cues/lrc.ts'
import { formatSrt } from '../cues/srt.ts'
import { formatTtml } from '../cues/ttml.ts'
import { formatVtt } from '../cues/vtt.ts'
import { languageParam, nativeLanguageName } from '../languages/languages.ts'
import { described, schema } from '../schema/schema.ts'

const formats = ['srt', 'vtt', 'ass', 'ttml', 'lrc', 'stl', 'fcpxml', 'csv', 'html'] as const
type Format = (typeof formats)[number]

/** Frame rates that formats count in, and how long a frame is, in seconds. */
const frames = {
  '23.976': [1001, 24_000],
  '24': [1, 24],
  '25': [1, 25],
  '29.97': [1001, 30_000],
  '30': [1, 30],
} as const
type FrameRate = keyof typeof frames

/** Returns the params of a conversion. */
export function convertParams() {
  return {
    to: described(z._default(z.enum(formats), 'srt'), 'the format to write'),
    language: described(z.prefault(languageParam(), 'en'), 'the language of the subtitles'),
    frameRate: described(
      z._default(z.enum(['23.976', '24', '25', '29.97', '30']), '25'),
      'frames a second of the film, for formats that count in frames; EBU STL has 25 and 30',
    ),
  }
}

interface Target {
  readonly language: string
  readonly frameRate: FrameRate
  readonly warn: (line: string) => void
}

function written(cues: readonly Cue[], to: Format, { language, frameRate, warn }: Target): string | Buffer {
  const title = nativeLanguageName(language)
  if (to === 'srt') return formatSrt(cues)
  if (to === 'vtt') return formatVtt(cues)
  if (to === 'ass') return formatAss(cues, title)
  if (to === 'ttml') return formatTtml(cues, { language, title })
  if (to === 'lrc') return formatLrc(cues, { language, title })
  if (to === 'csv') return formatCsv(cues)
  if (to === 'html') return formatTranscriptPage(cues, { language, title })
  if (to === 'fcpxml') return formatFcpxml(cues, { language, title, frame: frames[frameRate] })
  const { bytes, unwritable } = formatEbuStl(cues, { title, frameRate: frameRate.startsWith('3') ? 30 : 25 })
  if (unwritable > 0) warn(`EBU STL lacks ${unwritable} of the characters: they are question marks in it`)
  return bytes
}

/** Writes subtitles in another format. */
export const convert = defineStage({
  name: 'convert',
  version: 1,
  description: 'Reads SRT, WebVTT, ASS, EBU STL or FCPXML, and writes their text and times in another format',
  inputs: { subtitles: 'file' },
  params: schema(() => z.object(convertParams())),
  outputs: { converted: 'converted/' },
  async run({ inputs, params, outputs, log, warn, fail }) {
    const { to, language, frameRate } = params
    const read = readSubtitles(await readFile(inputs.subtitles))
    if (!read.ok) return fail(`the input 'subtitles' cannot be read: ${read.error}`)
    const { cues, format } = read.value
    if (cues.length === 0) return fail("the input 'subtitles' has no cues")
    if (to === 'stl' && !['25', '30'].includes(frameRate))
      return fail('EBU STL has 25 or 30 frames a second: choose frameRate=25 or 30')
    const content = written(cues, to, { language, frameRate, warn })
    await writeFile(join(outputs.converted, `subtitles.${to}`), content)
    log(`${cues.length} cues from ${format} to ${to}`)
  },
})
