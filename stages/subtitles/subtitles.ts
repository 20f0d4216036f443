import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { defineStage, json, many, type Violation } from 'reprise'
import * as z from 'zod/mini'
import { formatAss } from '../cues/ass.ts'
import { checkCueFile } from '../cues/check-cues.ts'
import { type Cue, cuesOfTranscript, cuesOfTranslation, wholeMs } from '../cues/cues.ts'
import { formatSrt } from '../cues/srt.ts'
import { formatVtt } from '../cues/vtt.ts'
import { nativeLanguageName } from '../languages/languages.ts'
import { described, schema } from '../schema/schema.ts'
import { Transcript, Translation } from '../speech/transcript.ts'
import { type Track, TrackIndex } from './tracks.ts'

/** Returns the params that make subtitles readable. */
export function cueParams() {
  return {
    maxLineChars: described(z._default(z.int().check(z.gte(10), z.lte(200)), 42), 'longest line, in characters'),
    maxLines: described(z._default(z.int().check(z.gte(1), z.lte(6)), 2), 'most lines shown at once'),
    charsPerSecond: described(
      z._default(z.number().check(z.gt(0), z.lte(100)), 17),
      'reading speed, in characters a second',
    ),
    minCueS: described(
      z._default(z.number().check(z.gte(0.1), z.lte(10)), 1),
      'shortest time that a subtitle is shown, where there is room, in seconds',
    ),
    maxCueS: described(
      z._default(z.number().check(z.gte(1), z.lte(60)), 7),
      'longest time that a subtitle is shown, in seconds',
    ),
    cueGapS: described(
      z._default(z.number().check(z.gte(0), z.lte(5)), 0.08),
      'pause between two subtitles, in seconds',
    ),
  }
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
  params: schema(() => z.object(cueParams())),
  outputs: { tracks: 'tracks/', index: json(TrackIndex) },
  contracts: [
    {
      name: 'cues that can be shown',
      async check({ inputs, params, outputs }) {
        const limits = { durationMs: wholeMs(inputs.speech.durationS), maxLineChars: params.maxLineChars }
        const violations: Violation[] = []
        for (const { language, files } of outputs.index) {
          const problems = await checkCueFile(join(outputs.tracks, files.srt), limits)
          violations.push(...problems.map((problem) => ({ message: `the subtitles in ${language}: ${problem}` })))
        }
        return violations
      },
    },
  ],
  async run({ inputs, params, outputs, log }) {
    const { speech, translations } = inputs
    const made = [
      { language: speech.language, cues: cuesOfTranscript(speech, params) },
      ...translations.map((translation) => ({
        language: translation.language,
        cues: cuesOfTranslation(translation, params),
      })),
    ]
    await mkdir(outputs.tracks, { recursive: true })
    const index: Track[] = []
    for (const { language, cues } of made) {
      const track = trackOf(language)
      for (const [name, content] of trackFiles(track, cues)) await writeFile(join(outputs.tracks, name), content)
      log(`${track.title}: ${cues.length} cues`)
      index.push(track)
    }
    return { index }
  },
})
