import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { defineStage, json, many, optional, type Violation } from 'reprise'
import * as z from 'zod/mini'
import { checkCueFile } from '../cues/check-cues.ts'
import { conflictsText } from '../cues/corrections/conflicts-text.ts'
import { CorrectionCounts, Corrections, correctionCounts, MergedTracks } from '../cues/corrections/corrections.ts'
import { mergeCorrections } from '../cues/corrections/merge.ts'
import { type Cue, cuesOfTranscript, cuesOfTranslation, wholeMs } from '../cues/cues.ts'
import {
  type WriteOptions,
  type WrittenFormat,
  writeSubtitlesAs,
  writtenFormats,
} from '../cues/formats/write-subtitles.ts'
import { profiles, rulesFor } from '../cues/profiles/profiles.ts'
import { markSpeakers } from '../cues/profiles/speaker-marks.ts'
import { Shots, snapToShots } from '../cues/timed/shots.ts'
import { nativeLanguageName } from '../languages/languages.ts'
import { clipParams } from '../media/clip.ts'
import { schema } from '../schema/schema.ts'
import { Transcript, Translation } from '../speech/transcript.ts'
import { cueParams, formatParams, speakerNamesParam } from './cue-params.ts'
import { filesOf, type Track, TrackIndex } from './tracks.ts'

/** Returns the files of a track: name in the tree, and content. */
function trackFiles(
  { language, title, files }: Track,
  cues: readonly Cue[],
  options: Pick<WriteOptions, 'frameRate' | 'warn'>,
): readonly (readonly [name: string, content: string | Buffer])[] {
  return writtenFormats.flatMap((format) => {
    const name = files[format]
    return name === undefined ? [] : [[name, writeSubtitlesAs(format, cues, { language, title, ...options })] as const]
  })
}

function trackOf(language: string, formats: readonly WrittenFormat[]): Track {
  return { language, title: nativeLanguageName(language), files: filesOf(language, formats) }
}

/** Writes what is said as subtitles in each language. */
export const writeSubtitles = defineStage({
  name: 'subtitles',
  version: 5,
  description:
    'Writes subtitles in each language and format, by the rules of a profile: line length, reading speed, pauses',
  inputs: {
    speech: json(Transcript),
    translations: many(json(Translation)),
    corrections: optional(json(Corrections)),
    shots: optional(json(Shots)),
  },
  params: schema(() =>
    z.object({ ...cueParams(), ...speakerNamesParam(), ...formatParams(), clipStartS: clipParams().clipStartS }),
  ),
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
  async run({ inputs, params, outputs, log, warn }) {
    const { speech, corrections } = inputs
    // The spoken language may have been found to be one of those that it is translated to.
    const translations = inputs.translations.filter(({ language }) => language !== speech.language)
    const rulesOf = ({ language }: { readonly language: string }) => rulesFor(params.profile, language, params)
    const marks = profiles[params.profile].speakers
    const marked = <T extends Transcript | Translation>(said: T): T => ({
      ...said,
      utterances: markSpeakers(said.utterances as T['utterances'][number][], marks, params.speakerNames),
    })
    const made = [
      { language: speech.language, cues: cuesOfTranscript(marked(speech), rulesOf(speech)) },
      ...translations.map((translation) => ({
        language: translation.language,
        cues: cuesOfTranslation(marked(translation), rulesOf(translation)),
      })),
    ]
    const place = {
      offsetMs: Math.round((params.clipStartS ?? 0) * 1000),
      durationMs: wholeMs(speech.durationS),
    }
    await mkdir(outputs.tracks, { recursive: true })
    const index: Track[] = []
    const merged = made.map(({ language, cues }) => {
      const rules = rulesOf({ language })
      const { maxLineChars } = rules
      const timed = inputs.shots === undefined ? cues : snapToShots(cues, inputs.shots, rules)
      return mergeCorrections(timed, corrections?.tracks[language] ?? [], { language, maxLineChars, ...place })
    })
    for (const { language, pieces } of merged) {
      const track = trackOf(language, params.formats)
      const cues = pieces.flatMap(({ shown }) => shown)
      for (const [name, content] of trackFiles(track, cues, { frameRate: params.frameRate, warn }))
        await writeFile(join(outputs.tracks, name), content)
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
