import { defineStage, file, json, many, optional } from 'reprise'
import * as z from 'zod/mini'
import { correctSpeech } from '../cues/corrections/correct-speech.ts'
import { TrackCorrections } from '../cues/corrections/corrections.ts'
import { countTerms } from '../glossary/find-terms.ts'
import { languageParam } from '../languages/languages.ts'
import { described, schema } from '../schema/schema.ts'
import { Transcript, Translation } from '../speech/transcript.ts'
import { BatchAnswer } from './ask-batch.ts'
import { batchesOf, termsOf } from './batches.ts'

/** How the terms of a glossary were translated. */
export const GlossaryReport = schema(() =>
  z.array(
    z.object({
      term: z.string(),
      translation: z.string(),
      /** In how many lines it is, and in how many of these it is translated as the glossary says. */
      lines: z.int(),
      kept: z.int(),
      /** The other lines, counted from 1. */
      missedIn: z.array(z.int()),
    }),
  ),
)

/** Joins the batches that a language model translated. */
export const joinAnswers = defineStage({
  name: 'translate',
  version: 1,
  description: 'Joins the batches that a language model translated, and counts the terms of the glossary',
  inputs: {
    speech: json(Transcript),
    corrections: optional(json(TrackCorrections)),
    glossary: optional(file()),
    answers: many(json(BatchAnswer)),
  },
  params: schema(() => z.object({ to: described(languageParam(), 'the language to translate to') })),
  outputs: { translation: json(Translation), terms: json(GlossaryReport) },
  async run({ inputs, params, log, warn, fail }) {
    const said = correctSpeech(inputs.speech, inputs.corrections)
    const sources = said.map(({ text }) => text)
    const glossary = await termsOf(inputs.glossary, params.to, fail)
    const answered = new Map(inputs.answers.map(({ id, lines }) => [id, lines]))
    const isSame = inputs.speech.language === params.to
    const lines = isSame ? sources : batchesOf(sources, glossary).flatMap(({ id }) => answered.get(id) ?? [])
    if (lines.length !== sources.length) fail(`${lines.length} lines were translated of ${sources.length}`)
    const untouched = lines.filter((line, index) => line === sources[index] && /\p{L}/u.test(line)).length
    if (untouched > 0 && !isSame) log(`${untouched} of ${lines.length} lines are the same in both languages`)
    const tokens = inputs.answers.reduce((sum, answer) => sum + answer.tokens, 0)
    if (tokens > 0) log(`${tokens} tokens, where the server counts them`)
    const terms = countTerms(glossary, sources, lines)
    for (const { term, translation, lines: count, kept, missedIn } of terms)
      if (kept < count)
        warn(`'${term}' is '${translation}' in ${kept} of ${count} lines; not in ${missedIn.join(', ')}`)
      else if (count > 0) log(`'${term}' is '${translation}' in all ${count} lines`)
    return {
      translation: {
        language: params.to,
        durationS: inputs.speech.durationS,
        unknownWords: 0,
        utterances: said.map(({ startS, endS, speaker }, index) => ({
          ...(speaker === undefined ? {} : { speaker }),
          startS,
          endS,
          text: lines[index] ?? '',
        })),
      },
      terms: terms.map((count) => ({ ...count, missedIn: [...count.missedIn] })),
    }
  },
})
