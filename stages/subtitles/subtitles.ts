import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { defineStage, json, many } from '../../src/core/index.ts'
import { nativeLanguageName } from '../languages.ts'
import { formatAss } from './ass.ts'
import { checkCues } from './check-cues.ts'
import { type Cue, cuesOfTranscript, cuesOfTranslation, wholeMs } from './cues.ts'
import { formatSrt } from './srt.ts'
import { type Track, TrackIndex } from './tracks.ts'
import { Transcript, Translation } from './transcript.ts'
import { formatVtt } from './vtt.ts'

/** The params that make subtitles readable. */
export const cueParams = {
  maxLineChars: z.number().int().min(10).max(200).default(42).describe('longest line, in characters'),
  maxLines: z.number().int().min(1).max(6).default(2).describe('most lines shown at once'),
  charsPerSecond: z.number().positive().max(100).default(17).describe('reading speed, in characters a second'),
  minCueS: z
    .number()
    .min(0.1)
    .max(10)
    .default(1)
    .describe('shortest time that a subtitle is shown, where there is room, in seconds'),
  maxCueS: z.number().min(1).max(60).default(7).describe('longest time that a subtitle is shown, in seconds'),
  cueGapS: z.number().min(0).max(5).default(0.08).describe('pause between two subtitles, in seconds'),
}

/** Returns the three files of a track: name in the tree, and content. */
export function trackFiles(track: Track, cues: readonly Cue[]): readonly (readonly [name: string, content: string])[] {
  return [
    [track.files.srt, formatSrt(cues)],
    [track.files.vtt, formatVtt(cues)],
    [track.files.ass, formatAss(cues, track.title)],
  ]
}

function trackOf(language: string): Track {
  const files = { srt: `${language}.srt`, vtt: `${language}.vtt`, ass: `${language}.ass` }
  return { language, title: nativeLanguageName(language), files }
}

/** Writes what is said as subtitles in each language. */
export const writeSubtitles = defineStage({
  name: 'subtitles',
  version: 1,
  description: 'Writes SRT, VTT and ASS in each language, by reading speed, line length and pauses',
  inputs: { speech: json(Transcript), translations: many(json(Translation)) },
  params: z.object(cueParams),
  outputs: { tracks: 'tracks/', index: json(TrackIndex) },
  async run({ inputs, params, outputs, fail, log }) {
    const { speech, translations } = inputs
    const made = [
      { language: speech.language, cues: cuesOfTranscript(speech, params) },
      ...translations.map((translation) => ({
        language: translation.language,
        cues: cuesOfTranslation(translation, params),
      })),
    ]
    const limits = { durationMs: wholeMs(speech.durationS), maxLineChars: params.maxLineChars }
    await mkdir(outputs.tracks, { recursive: true })
    const index: Track[] = []
    for (const { language, cues } of made) {
      const problems = checkCues(cues, limits)
      if (problems.length > 0) fail(`the subtitles in ${language} are wrong: ${problems.join('; ')}`)
      const track = trackOf(language)
      for (const [name, content] of trackFiles(track, cues)) await writeFile(join(outputs.tracks, name), content)
      log(`${track.title}: ${cues.length} cues`)
      index.push(track)
    }
    return { index }
  },
})
