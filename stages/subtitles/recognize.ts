import { defineStage, file, json } from 'reprise'
import * as z from 'zod/mini'
import { schema } from '../schema/schema.ts'
import { recognizeParams, recognizers } from '../speech/recognizers.ts'
import { AudioInfo, Transcript } from '../speech/transcript.ts'

/** Recognizes what is said in a film. */
export const recognize = defineStage({
  name: 'recognize',
  version: 1,
  description: 'Recognizes what is said: words, with the time and the confidence of each',
  // Pocketsphinx tells a WAV file from raw samples by its name.
  inputs: { audio: file('audio.wav'), info: json(AudioInfo) },
  params: schema(() => z.object(recognizeParams())),
  outputs: { speech: json(Transcript) },
  toolsFor: ({ recognizer, language }) => recognizers[recognizer].tools(language),
  async run(context) {
    const { inputs, params } = context
    const { recognizer, language } = params
    const { durationS } = inputs.info
    const utterances = await recognizers[recognizer].recognize(context, { audio: inputs.audio, durationS, language })
    if (utterances.length === 0) context.log('nothing was recognized: the subtitles will be empty')
    return { speech: { language, durationS, utterances: [...utterances] } }
  },
})
