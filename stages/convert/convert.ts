import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { defineStage } from 'reprise'
import * as z from 'zod/mini'
import { readSubtitles } from '../cues/formats/read-subtitles.ts'
import { endingOf, frameRates, writeSubtitlesAs, writtenFormats } from '../cues/formats/write-subtitles.ts'
import { languageParam, nativeLanguageName } from '../languages/languages.ts'
import { described, schema } from '../schema/schema.ts'

/** Returns the params of a conversion. */
export function convertParams() {
  return {
    to: described(z._default(z.enum(writtenFormats), 'srt'), 'the format to write'),
    language: described(z.prefault(languageParam(), 'en'), 'the language of the subtitles'),
    frameRate: described(
      z._default(z.enum(frameRates), '25'),
      'frames a second of the film, for formats that count in frames; EBU STL has 25 and 30, and SCC its own 29.97',
    ),
  }
}

/** Writes subtitles in another format. */
export const convert = defineStage({
  name: 'convert',
  version: 5,
  description: 'Reads subtitles in any of the formats that are known, and writes them in another one',
  inputs: { subtitles: 'file' },
  params: schema(() => z.object(convertParams())),
  outputs: { converted: 'converted/' },
  async run({ inputs, params, outputs, log, warn, fail }) {
    const { to, language, frameRate } = params
    const read = readSubtitles(await readFile(inputs.subtitles))
    if (!read.ok)
      return fail(`the input 'subtitles' cannot be read: ${read.error}; of a film, choose a track: -p track=0`)
    const { cues, format } = read.value
    if (cues.length === 0) return fail("the input 'subtitles' has no cues")
    if (to === 'stl' && !['25', '30'].includes(frameRate))
      return fail('EBU STL has 25 or 30 frames a second: choose frameRate=25 or 30')
    const content = writeSubtitlesAs(to, cues, { language, title: nativeLanguageName(language), frameRate, warn })
    await writeFile(join(outputs.converted, `subtitles.${endingOf(to)}`), content)
    log(`${cues.length} cues from ${format} to ${to}`)
  },
})
