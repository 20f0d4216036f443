import * as z from 'zod/mini'
import { languageParam } from '../languages/languages.ts'
import { described } from '../schema/schema.ts'
import { pocketsphinxRecognizer } from './pocketsphinx-recognizer.ts'
import type { Recognizer } from './recognizer.ts'

/** Every recognizer, by the name that the param takes. A new one is added here and in `recognizeParams`. */
export const recognizers = { pocketsphinx: pocketsphinxRecognizer } as const satisfies Record<string, Recognizer>

/** Returns the params that choose how speech is recognized. */
export function recognizeParams() {
  return {
    language: described(z.prefault(languageParam(), 'en'), 'the language that is spoken'),
    recognizer: described(z._default(z.enum(['pocketsphinx']), 'pocketsphinx'), 'the program that recognizes'),
  }
}
