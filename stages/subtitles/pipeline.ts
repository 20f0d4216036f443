import { z } from 'zod'
import { definePipeline } from '../../src/core/index.ts'
import { Language } from '../languages.ts'
import { clipIsForward, clipParams } from './clip.ts'
import { demux } from './demux.ts'
import { encodeParams, mux } from './mux.ts'
import { RecognizerName, recognize, recognizers } from './recognize.ts'
import { cueParams, writeSubtitles } from './subtitles.ts'
import { TranslatorName, translate } from './translate.ts'

const params = z
  .object({
    to: z
      .array(Language)
      .transform((languages) => [...new Set(languages)])
      .default([])
      .describe('languages to translate to, such as es,fr; the last one is shown by default'),
    language: Language.default('en').describe('the language that is spoken'),
    ...clipParams,
    audioTrack: z.number().int().min(0).default(0).describe('which audio track is recognized, counted from 0'),
    recognizer: RecognizerName.default('pocketsphinx').describe('the program that recognizes'),
    translator: TranslatorName.default('apertium').describe('the program that translates'),
    ...cueParams,
    ...encodeParams,
  })
  .refine(clipIsForward, { path: ['clipEndS'], error: 'the clip must end after it starts (clipStartS)' })
  .refine(({ minCueS, maxCueS }) => minCueS <= maxCueS, { path: ['maxCueS'], error: 'must not be less than minCueS' })
  .refine(({ to, language }) => !to.includes(language), {
    path: ['to'],
    error: 'the film is in one of these languages already: leave out the one that is spoken',
  })
  .refine(({ recognizer, language }) => recognizers[recognizer].languages.includes(language), {
    path: ['language'],
    error: ({ input }) => languageProblem(input),
  })

function languageProblem(input: unknown): string {
  const parsed = z.object({ recognizer: RecognizerName }).safeParse(input)
  const known = parsed.success ? recognizers[parsed.data.recognizer].languages : []
  return `the recognizer has no model for this language; it has: ${known.join(', ')}`
}

/** Film to subtitles: what is said, in the languages that are wanted, as files and as tracks of the film. */
export const subtitles = definePipeline({
  name: 'subtitles',
  description: 'Recognizes what is said in a film, translates it, and adds it as subtitles',
  inputs: { video: 'file' },
  params,
  example: { to: ['es'] },
  build({ step, each, inputs, params }) {
    const { video } = inputs
    const { language, recognizer, translator, audioTrack, clipStartS, clipEndS } = params
    const { maxLineChars, maxLines, charsPerSecond, minCueS, maxCueS, cueGapS, quality, encodeThreads } = params
    const clip = { clipStartS, clipEndS }

    const { audio, info } = step(demux, { video }, { params: { ...clip, audioTrack } })
    const { speech } = step(recognize, { audio, info }, { params: { recognizer, language } })
    const { translation } = each(params.to, (to) =>
      step(translate, { speech }, { params: { translator, from: language, to } }),
    )
    const cues = { maxLineChars, maxLines, charsPerSecond, minCueS, maxCueS, cueGapS }
    const { tracks, index } = step(writeSubtitles, { speech, translations: translation }, { params: cues })
    const { mp4, mkv } = step(mux, { video, tracks, index }, { params: { ...clip, quality, encodeThreads } })
    return { mp4, mkv, tracks }
  },
})
