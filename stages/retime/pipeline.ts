import { definePipeline } from 'reprise'
import * as z from 'zod/mini'
import { trackParams } from '../media/audio-track.ts'
import { described, schema } from '../schema/schema.ts'
import { chooseRecognizer, recognizerNames, unknownLanguage } from '../speech/choose-recognizer.ts'
import { recognizerChoiceParams } from '../speech/recognizers.ts'
import { chooseDetector } from '../speech/whisper/presence.ts'
import { demux } from '../subtitles/demux.ts'
import { recognize } from '../subtitles/recognize.ts'
import { listen } from './listen.ts'
import { retime, retimeParams } from './retime.ts'

const params = schema(() =>
  z
    .object({
      ...retimeParams(),
      language: recognizerChoiceParams().language,
      recognizer: described(
        z._default(z.enum(['none', ...recognizerNames]), 'none'),
        'recognizes words, too, for subtitles in the spoken language: surer, and takes longer',
      ),
      ...trackParams(),
    })
    .check(
      z.superRefine(({ recognizer, language }, context) => {
        const message = recognizer === 'none' ? undefined : unknownLanguage(recognizer, language)
        if (message !== undefined) context.addIssue({ code: 'custom', path: ['language'], message })
      }),
    ),
)

/** A subtitle file beside a film to one that fits it. */
export const retiming = definePipeline({
  name: 'retime',
  description: 'Fits an existing subtitle file to a film: offset, speed and cuts; one that is right stays as it is',
  inputs: { video: 'file', subtitles: 'file' },
  params,
  build({ step, inputs, params }) {
    const { video, subtitles } = inputs
    const { language, recognizer, audioTrack, maxOffsetS } = params
    const { audio } = step(demux, { video }, { params: { audioTrack, language } })
    const { presence } = step(listen, { audio }, { params: { detector: chooseDetector() } })
    const recognized =
      recognizer === 'none' ? {} : step(recognize, { audio }, { params: chooseRecognizer(recognizer, language) })
    const { retimed, report, fit } = step(retime, { subtitles, presence, ...recognized }, { params: { maxOffsetS } })
    return { retimed, report, fit }
  },
})
