import { defineStage, file, json } from 'reprise'
import * as z from 'zod/mini'
import { described, schema } from '../../schema/schema.ts'
import { detectors, whisperModels } from '../../speech/choose-recognizer.ts'
import {
  describeSpoken,
  SpokenLanguage,
  stretchesToHear,
  votedLanguage,
} from '../../speech/language/spoken-language.ts'
import { findSamples } from '../../speech/wav.ts'
import { detectorTools, speechPresence } from '../../speech/whisper/presence.ts'
import { speechSpans, windowsOf } from '../../speech/whisper/speech-presence.ts'
import { heardLanguages } from '../../speech/whisper/whisper-languages.ts'
import { modelPlace, modelTool } from '../../tools/model-tool.ts'

/** Finds the language that is spoken in a film. */
export const findLanguage = defineStage({
  name: 'find-language',
  version: 1,
  description: 'Finds the language that is spoken: hears a few stretches of speech, and takes that of most of them',
  inputs: { audio: file('audio.wav') },
  params: schema(() =>
    z.object({
      model: described(
        z._default(z.enum(whisperModels), 'whisper-base'),
        'a model of Whisper that knows many languages',
      ),
      detector: described(z._default(z.enum(detectors), 'level'), 'what finds where somebody speaks'),
    }),
  ),
  outputs: { spoken: json(SpokenLanguage) },
  toolsFor: ({ model, detector }) => [modelTool('whisper', modelPlace(model)), ...detectorTools(detector)],
  async run(context) {
    const { inputs, params } = context
    const samples = await findSamples(inputs.audio)
    if (samples === undefined) return context.fail('the audio is not a WAV file of 16 kHz, mono, 16 bits')
    const probabilities = await speechPresence(context, params, { samples, part: 0.2 })
    const stretches = stretchesToHear(windowsOf(speechSpans(probabilities), probabilities))
    const spoken = votedLanguage(await heardLanguages(context, params.model, samples, stretches))
    const { text, isSure } = describeSpoken(spoken)
    if (isSure) context.log(text)
    else context.warn(text)
    return { spoken }
  },
})
