import { z } from 'zod'
import { defineStage, json } from '../../src/core/index.ts'
import { Language } from '../languages.ts'
import { apertiumTranslator } from './apertium-translator.ts'
import { Transcript, Translation } from './transcript.ts'
import type { Translator } from './translator.ts'

/** The translators there are, by the name that the param takes. */
export const translators = { apertium: apertiumTranslator } as const satisfies Record<string, Translator>

export const TranslatorName = z.enum(['apertium'])

/** Translates what is said in a film. */
export const translate = defineStage({
  name: 'translate',
  version: 1,
  description: 'Translates what is said, utterance by utterance, and counts the words it does not know',
  inputs: { speech: json(Transcript) },
  params: z.object({
    translator: TranslatorName.default('apertium').describe('the program that translates'),
    from: Language.describe('the language that is spoken'),
    to: Language.describe('the language to translate to'),
  }),
  outputs: { translation: json(Translation) },
  toolsFor: ({ translator, from, to }) => translators[translator].tools(from, to),
  async run(context) {
    const { translator, from, to } = context.params
    const { durationS, utterances } = context.inputs.speech
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
