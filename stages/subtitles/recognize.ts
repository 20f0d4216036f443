import { defineStage, file, json, optional } from 'reprise'
import * as z from 'zod/mini'
import { schema } from '../schema/schema.ts'
import { describeChoice } from '../speech/choose-recognizer.ts'
import { SpokenLanguage } from '../speech/language/spoken-language.ts'
import { recognizeParams, recognizers } from '../speech/recognizers.ts'
import { Transcript } from '../speech/transcript.ts'
import { findSamples, sampleRateHz } from '../speech/wav.ts'

/** Recognizes what is said in a film, or in a segment of it. */
export const recognize = defineStage({
  name: 'recognize',
  version: 7,
  description: 'Recognizes what is said: words, with the time and the confidence of each',
  // Pocketsphinx tells a WAV file from raw samples by its name.
  inputs: { audio: file('audio.wav'), spoken: optional(json(SpokenLanguage)) },
  params: schema(() => z.object(recognizeParams())),
  outputs: { speech: json(Transcript) },
  toolsFor: ({ recognizer, language, model, detector }) => recognizers[recognizer].tools({ language, model, detector }),
  async run(context) {
    const { inputs, params } = context
    const { recognizer, ...chosen } = params
    const language = inputs.spoken?.language ?? chosen.language
    if (language === 'auto') return context.fail('language=auto needs what find-language finds, as the input spoken')
    const settings = { ...chosen, language }
    const sound = await findSamples(inputs.audio)
    if (sound === undefined) return context.fail('the audio is not a WAV file of 16 kHz, mono, 16 bits')
    const durationS = sound.samples / sampleRateHz
    context.log(describeChoice({ recognizer, ...settings }))
    const request = { audio: inputs.audio, durationS, ...settings }
    const utterances = await recognizers[recognizer].recognize(context, request)
    if (utterances.length === 0) context.log('nothing was recognized')
    return { speech: { language, durationS, utterances: [...utterances] } }
  },
})
