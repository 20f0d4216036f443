import { defineStage, json, optional } from 'reprise'
import * as z from 'zod/mini'
import { correctSpeech } from '../cues/corrections/correct-speech.ts'
import { TrackCorrections } from '../cues/corrections/corrections.ts'
import { languageParam } from '../languages/languages.ts'
import { described, schema } from '../schema/schema.ts'
import { Transcript, Translation } from '../speech/transcript.ts'
import { translatorParams, translators } from '../speech/translators.ts'

/** Translates what is said in a film. */
export const translate = defineStage({
  name: 'translate',
  version: 2,
  description: 'Translates what is said, utterance by utterance, and counts the words it does not know',
  inputs: { speech: json(Transcript), corrections: optional(json(TrackCorrections)) },
  params: schema(() =>
    z.object({
      ...translatorParams(),
      from: described(languageParam(), 'the language that is spoken'),
      to: described(languageParam(), 'the language to translate to'),
    }),
  ),
  outputs: { translation: json(Translation) },
  toolsFor: ({ translator, from, to }) => translators[translator].tools(from, to),
  async run(context) {
    const { translator, from, to } = context.params
    const { speech, corrections } = context.inputs
    const { durationS } = speech
    const utterances = correctSpeech(speech, corrections)
    const texts = utterances.map(({ text }) => text)
    const translated = await translators[translator].translate(context, { from, to, texts })
    if (translated.unknownWords > 0) context.log(`${translated.unknownWords} words are unknown to ${translator}`)
    return {
      translation: {
        language: to,
        durationS,
        unknownWords: translated.unknownWords,
        utterances: utterances.map(({ startS, endS }, index) => ({
          startS,
          endS,
          text: translated.texts[index] ?? '',
        })),
      },
    }
  },
})
