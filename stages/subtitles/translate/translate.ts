import { defineStage, file, json, optional } from 'reprise'
import * as z from 'zod/mini'
import { correctSpeech } from '../../cues/corrections/correct-speech.ts'
import { TrackCorrections } from '../../cues/corrections/corrections.ts'
import { countTerms } from '../../glossary/find-terms.ts'
import { languageParam } from '../../languages/languages.ts'
import { described, schema } from '../../schema/schema.ts'
import { Transcript, Translation } from '../../speech/transcript.ts'
import { translatorParams, translators } from '../../speech/translators.ts'
import { termsOf } from '../../translation/batches.ts'

/** Translates what is said in a film. */
export const translate = defineStage({
  name: 'translate',
  version: 2,
  description: 'Translates what is said, utterance by utterance, and counts the words it does not know',
  inputs: { speech: json(Transcript), corrections: optional(json(TrackCorrections)), glossary: optional(file()) },
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
    const terms = countTerms(await termsOf(context.inputs.glossary, to, context.fail), texts, translated.texts)
    for (const { term, translation, lines, kept } of terms)
      if (kept < lines)
        context.warn(
          `'${term}' is '${translation}' in ${kept} of ${lines} lines: ${translator} knows no glossary, translator=llm does`,
        )
    return {
      translation: {
        language: to,
        durationS,
        unknownWords: translated.unknownWords,
        utterances: utterances.map(({ startS, endS, speaker }, index) => ({
          ...(speaker === undefined ? {} : { speaker }),
          startS,
          endS,
          text: translated.texts[index] ?? '',
        })),
      },
    }
  },
})
