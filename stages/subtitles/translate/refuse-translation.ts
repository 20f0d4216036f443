import { defineStage, json } from 'reprise'
import * as z from 'zod/mini'
import { languageParam } from '../../languages/languages.ts'
import { described, schema } from '../../schema/schema.ts'
import { SpokenLanguage } from '../../speech/language/spoken-language.ts'
import { noTranslation } from '../../tools/apertium.ts'

/** Fails where nothing translates the language that was found, before anything is recognized. */
export const refuseTranslation = defineStage({
  name: 'refuse-translation',
  version: 1,
  description: 'Fails, because no pair that is installed translates the language that was found',
  inputs: { spoken: json(SpokenLanguage) },
  params: schema(() => z.object({ to: described(languageParam(), 'the language to translate to') })),
  outputs: { refused: json(schema(() => z.never())) },
  run: ({ inputs, params, fail }) => fail(noTranslation(inputs.spoken.language, params.to)),
})
