import * as z from 'zod/mini'
import { described } from '../schema/schema.ts'
import { apertiumTranslator } from './apertium-translator.ts'
import type { Translator } from './translator.ts'

/** Every translator, by the name that the param takes. A new one is added here and in `translatorParams`. */
export const translators = { apertium: apertiumTranslator } as const satisfies Record<string, Translator>

/** Returns the param that chooses how text is translated. */
export function translatorParams() {
  return {
    translator: described(z._default(z.enum(['apertium']), 'apertium'), 'the program that translates'),
  }
}

/** Returns the param by which a user chooses how text is translated. */
export function translatorChoiceParams() {
  return {
    translator: described(
      z._default(z.enum(['apertium', 'llm']), 'apertium'),
      'what translates; llm: the language model that REPRISE_LLM_ADDRESS and REPRISE_LLM_MODEL name',
    ),
  }
}
