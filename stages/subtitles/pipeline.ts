import { definePipeline, file, files, json, optional, present, select } from 'reprise'
import * as z from 'zod/mini'
import { wordCorrections } from '../cues/corrections/correct-speech.ts'
import { Corrections } from '../cues/corrections/corrections.ts'
import { subtitlesOverlay } from '../cues/corrections/overlay.ts'
import { profiles } from '../cues/profiles/profiles.ts'
import { languageParam } from '../languages/languages.ts'
import { trackParams } from '../media/audio-track.ts'
import { clipIsForward, clipParams } from '../media/clip.ts'
import { described, schema } from '../schema/schema.ts'
import { findBackground } from '../separation/background.ts'
import { denoise, denoiseParam } from '../separation/denoise.ts'
import { heardSound } from '../separation/heard.ts'
import { separate } from '../separation/separate.ts'
import { chooseSeparator, separatorChoiceParams } from '../separation/separators.ts'
import { findShots } from '../shots/find-shots.ts'
import { diarize, speakersParam } from '../speakers/diarize.ts'
import {
  cannotFindLanguage,
  chooseFinder,
  chooseRecognizer,
  languageOrFound,
  unknownLanguage,
} from '../speech/choose-recognizer.ts'
import { languageOrAuto } from '../speech/language/spoken-language.ts'
import { recognizerChoiceParams } from '../speech/recognizers.ts'
import { translatorChoiceParams } from '../speech/translators.ts'
import { chooseDetector } from '../speech/whisper/presence.ts'
import { installedSources } from '../tools/apertium.ts'
import { askBatch, temperatureParam } from '../translation/ask-batch.ts'
import { splitBatches } from '../translation/batches.ts'
import { joinAnswers } from '../translation/join-answers.ts'
import { burnIn, burnParam } from './burn/burn.ts'
import { checkSubtitles, insistOnProfile } from './check.ts'
import { cueParams, formatParams, speakerNamesParam } from './cue-params.ts'
import { demux } from './demux.ts'
import { encodeParams, flagParams, mux } from './mux.ts'
import { recognize } from './recognize.ts'
import { align } from './segments/align.ts'
import { findLanguage } from './segments/find-language.ts'
import { segment } from './segments/segment.ts'
import { stitch } from './segments/stitch.ts'
import { writeSubtitles } from './subtitles.ts'
import { refuseTranslation } from './translate/refuse-translation.ts'
import { spokenCorrections } from './translate/spoken-corrections.ts'
import { translate } from './translate/translate.ts'

const fields = () => ({
  to: described(
    z.prefault(
      z.pipe(
        z.array(languageParam()),
        z.transform((languages) => [...new Set(languages)]),
      ),
      [],
    ),
    'languages to translate to, such as es,ca; the last one is shown by default',
  ),
  ...recognizerChoiceParams(),
  language: described(
    z.optional(languageOrAuto()),
    'the language that is spoken; auto: found by what is heard. By default auto, if whisper-base is installed, else en',
  ),
  segments: described(
    z._default(z.enum(['auto', 'off']), 'auto'),
    'auto: what is longer than half a minute is recognized in segments; off: all at once',
  ),
  ...translatorChoiceParams(),
  ...temperatureParam(),
  ...clipParams(),
  ...trackParams(),
  ...separatorChoiceParams(),
  ...denoiseParam(),
  speakers: speakersParam('tells speakers apart by their voices: auto, or how many they are'),
  ...speakerNamesParam(),
  ...formatParams(),
  ...cueParams(),
  shotChanges: described(
    z._default(z.boolean(), true),
    'looks for the shot changes of the film, and moves subtitles to them, where the profile says so',
  ),
  strict: described(z._default(z.boolean(), false), 'fail where a subtitle is outside of the profile'),
  ...encodeParams(),
  ...flagParams(),
  burn: z.optional(burnParam()),
})

const params = schema(() =>
  z.object(fields()).check(
    z.refine(clipIsForward, { path: ['clipEndS'], error: 'the clip must end after it starts (clipStartS)' }),
    z.refine(({ minCueS = 0, maxCueS = Number.POSITIVE_INFINITY }) => minCueS <= maxCueS, {
      path: ['maxCueS'],
      error: 'must not be less than minCueS',
    }),
    z.superRefine(({ recognizer, language, to }, context) => {
      const spoken = languageOrFound(language, recognizer)
      const cannot = spoken === 'auto' ? cannotFindLanguage(recognizer) : unknownLanguage(recognizer, spoken)
      if (cannot !== undefined) context.addIssue({ code: 'custom', path: ['language'], message: cannot })
      if (!to.includes(spoken)) return
      const message = 'the film is in one of these languages already: leave out the one that is spoken'
      context.addIssue({ code: 'custom', path: ['to'], message })
    }),
  ),
)

/** Film to subtitles: what is said, in the languages that are wanted, as files and as tracks of the film. */
export const subtitles = definePipeline({
  name: 'subtitles',
  description: 'Recognizes what is said in a film, translates it, and adds it as subtitles',
  inputs: {
    video: 'file',
    corrections: optional(json(Corrections)),
    glossary: optional(file()),
    transcript: optional(file()),
  },
  params,
  example: { to: ['es'] },
  overlay: subtitlesOverlay,
  build({ step, each, inputs, params }) {
    const { video, corrections, glossary, transcript } = inputs
    const { recognizer, translator, temperature, audioTrack, clipStartS, clipEndS } = params
    const { profile, maxLineChars, maxLines, charsPerSecond, minCueS, maxCueS, cueGapS, strict } = params
    const { quality, encodeThreads, shotChanges, shownTrack, forcedTracks, burn } = params
    const clip = { clipStartS, clipEndS }

    const language = languageOrFound(params.language, recognizer)
    const known = language === 'auto' ? undefined : language
    const demuxed = step(demux, { video }, { params: { ...clip, audioTrack, language: known } })
    const { info } = demuxed
    const separator = chooseSeparator(params.separator)
    let { audio } = demuxed
    if (separator !== undefined) {
      const { demucsModel, demucsShifts, demucsSeed, demucsSegmentS } = params
      const { background } = step(findBackground, { audio })
      const settings = separator === 'demucs' ? { demucsModel, demucsShifts, demucsSeed, demucsSegmentS } : {}
      const { audio: voices } = step(
        separate,
        { video },
        {
          params: { separator, ...settings, ...clip, audioTrack, language: known },
          when: { of: background, is: ({ isThere }) => isThere },
        },
      )
      audio = step(heardSound, { audio, voices }).heard
    }
    if (params.denoise !== 'none') audio = step(denoise, { audio }, { params: { denoiser: params.denoise } }).quiet
    const sound = audio
    const chosen = known === undefined ? chooseFinder(recognizer) : chooseRecognizer(recognizer, known)
    const { model, detector } = chosen
    const spoken =
      known === undefined
        ? step(findLanguage, { audio: sound }, { partOf: 'recognize', params: { model, detector } }).spoken
        : undefined
    const inSegments = () => {
      const cut = step(segment, { audio: sound }, { partOf: 'recognize', params: { detector: chooseDetector() } })
      const heard = each(files(cut.segments, '*.wav'), (item) =>
        step(recognize, { audio: item.file, spoken }, { params: chosen }),
      )
      const parts = { speeches: heard.speech, places: cut.places, info, transcript, spoken }
      return step(stitch, parts, { partOf: 'recognize', params: { language } })
    }
    const atOnce = () => {
      const { speech: heard } = step(recognize, { audio: sound, spoken }, { params: chosen })
      return step(align, { heard, transcript }, { partOf: 'recognize' })
    }
    const recognized = params.segments === 'off' ? atOnce() : inSegments()
    const { speakers, speakerNames, formats, frameRate } = params
    const speech =
      speakers === 'none'
        ? recognized.speech
        : step(diarize, { audio: sound, speech: recognized.speech }, { params: { speakers } }).said
    const said =
      spoken === undefined
        ? select(corrections, (value) => wordCorrections(value, language, clipStartS ?? 0))
        : step(
            spokenCorrections,
            { corrections, spoken },
            { partOf: 'recognize', when: present(corrections), params: { clipStartS } },
          ).said
    const words = { speech, corrections: said, glossary }
    const byModel = () =>
      each(params.to, (to) => {
        const { batches } = step(splitBatches, words, { params: { to } })
        const { answer } = each(batches, (batch) =>
          step(askBatch, { batch, spoken }, { params: { from: known, to, temperature } }),
        )
        return step(joinAnswers, { ...words, answers: answer }, { params: { to } })
      })
    const byRules = (by: 'apertium') => {
      if (spoken === undefined)
        return each(params.to, (to) => step(translate, words, { params: { translator: by, from: language, to } }))
      const sources = (to: string) => installedSources(to)
      each(params.to, (to) =>
        step(
          refuseTranslation,
          { spoken },
          {
            params: { to },
            partOf: 'recognize',
            when: { of: spoken, is: (one) => one.language !== to && !sources(to).includes(one.language) },
          },
        ),
      )
      const pairs = params.to.flatMap((to) => sources(to).map((from) => ({ from, to })))
      return each(
        pairs,
        (pair) =>
          step(translate, words, {
            params: { translator: by, ...pair },
            when: { of: spoken, is: (one) => one.language === pair.from },
          }),
        { name: ({ from, to }) => `${to}-from-${from}` },
      )
    }
    const { translation } = translator === 'llm' ? byModel() : byRules(translator)
    const shots = shotChanges && profiles[profile].snapsToShots ? step(findShots, { video }, { params: clip }) : {}
    const cues = { profile, maxLineChars, maxLines, charsPerSecond, minCueS, maxCueS, cueGapS }
    const { tracks, index } = step(
      writeSubtitles,
      { speech, translations: translation, corrections, ...shots },
      { params: { ...cues, speakerNames, formats, frameRate, clipStartS } },
    )
    const { mp4, mkv } = step(
      mux,
      { video, tracks, index },
      { params: { ...clip, quality, encodeThreads, shownTrack, forcedTracks } },
    )
    const checked = step(checkSubtitles, { info, tracks, index, glossary, ...shots }, { params: cues })
    // The last one, so that the other steps have the same directories in a strict run.
    if (strict) step(insistOnProfile, { quality: checked.quality })
    if (burn !== undefined)
      step(burnIn, { film: mp4, tracks, index }, { params: { language: burn, quality, encodeThreads } })
    return { mp4, mkv, tracks, report: checked.report, junit: checked.junit }
  },
})
