import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { defineStage, json, many, optional, type Violation } from 'reprise'
import * as z from 'zod/mini'
import { formatAss } from '../cues/ass.ts'
import { checkCueFile } from '../cues/check-cues.ts'
import { conflictsText } from '../cues/corrections/conflicts-text.ts'
import { CorrectionCounts, Corrections, correctionCounts, MergedTracks } from '../cues/corrections/corrections.ts'
import { mergeCorrections } from '../cues/corrections/merge.ts'
import { type Cue, cuesOfTranscript, cuesOfTranslation, wholeMs } from '../cues/cues.ts'
import { formatLrc } from '../cues/lrc.ts'
import { rulesFor } from '../cues/profiles/profiles.ts'
import { formatSrt } from '../cues/srt.ts'
import { formatTtml } from '../cues/ttml.ts'
import { formatVtt } from '../cues/vtt.ts'
import { nativeLanguageName } from '../languages/languages.ts'
import { clipParams } from '../media/clip.ts'
import { schema } from '../schema/schema.ts'
import { Transcript, Translation } from '../speech/transcript.ts'
import { cueParams } from './cue-params.ts'
import { filesOf, type Track, TrackIndex } from './tracks.ts'

/** Returns the files of a track: name in the tree, and content. */
export function trackFiles(track: Track, cues: readonly Cue[]): readonly (readonly [name: string, content: string])[] {
  return [
    [track.files.srt, formatSrt(cues)],
    [track.files.vtt, formatVtt(cues)],
    [track.files.ass, formatAss(cues, track.title)],
    [track.files.ttml, formatTtml(cues, track)],
    [track.files.lrc, formatLrc(cues, track)],
  ]
}

function trackOf(language: string): Track {
  return { language, title: nativeLanguageName(language), files: filesOf(language) }
}

/** Writes what is said as subtitles in each language. */
export const writeSubtitles = defineStage({
  name: 'subtitles',
  version: 4,
  description:
    'Writes SRT, VTT, ASS, TTML and LRC in each language, by the rules of a profile: line length, reading speed, pauses',
  inputs: {
    speech: json(Transcript),
    translations: many(json(Translation)),
    corrections: optional(json(Corrections)),
  },
  params: schema(() => z.object({ ...cueParams(), clipStartS: clipParams().clipStartS })),
  outputs: {
    tracks: 'tracks/',
    index: json(TrackIndex),
    merged: json(MergedTracks),
    corrected: json(CorrectionCounts),
    conflicts: 'conflicts.txt',
  },
  contracts: [
    {
      name: 'cues that can be shown',
      async check({ inputs, params, outputs }) {
        const durationMs = wholeMs(inputs.speech.durationS)
        const violations: Violation[] = []
        for (const { language, files } of outputs.index) {
          const { maxLineChars } = rulesFor(params.profile, language, params)
          const merged = outputs.merged.find((track) => track.language === language)
          const isCorrected = merged?.pieces.flatMap(({ shown, corrections }) =>
            shown.map(() => corrections.length > 0),
          )
          const limits = { durationMs, maxLineChars, isOfPerson: (cue: number) => isCorrected?.[cue] === true }
          const problems = await checkCueFile(join(outputs.tracks, files.srt), limits)
          violations.push(...problems.map((problem) => ({ message: `the subtitles in ${language}: ${problem}` })))
        }
        return violations
      },
    },
  ],
  async run({ inputs, params, outputs, log }) {
    const { speech, translations, corrections } = inputs
    const rulesOf = ({ language }: { readonly language: string }) => rulesFor(params.profile, language, params)
    const made = [
      { language: speech.language, cues: cuesOfTranscript(speech, rulesOf(speech)) },
      ...translations.map((translation) => ({
        language: translation.language,
        cues: cuesOfTranslation(translation, rulesOf(translation)),
      })),
    ]
    const place = {
      offsetMs: Math.round((params.clipStartS ?? 0) * 1000),
      durationMs: wholeMs(speech.durationS),
    }
    await mkdir(outputs.tracks, { recursive: true })
    const index: Track[] = []
    const merged = made.map(({ language, cues }) => {
      const { maxLineChars } = rulesOf({ language })
      return mergeCorrections(cues, corrections?.tracks[language] ?? [], { language, maxLineChars, ...place })
    })
    for (const { language, pieces } of merged) {
      const track = trackOf(language)
      const cues = pieces.flatMap(({ shown }) => shown)
      for (const [name, content] of trackFiles(track, cues)) await writeFile(join(outputs.tracks, name), content)
      log(`${track.title}: ${cues.length} cues`)
      index.push(track)
    }
    const text = conflictsText(merged)
    await writeFile(outputs.conflicts, text)
    const corrected = correctionCounts(merged)
    if (corrected.conflicts > 0) log(text)
    return { index, merged, corrected }
  },
})
