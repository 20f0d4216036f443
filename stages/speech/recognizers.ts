import * as z from 'zod/mini'
import { languageParam } from '../languages/languages.ts'
import { described } from '../schema/schema.ts'
import { detectors, recognizerNames, whisperModels } from './choose-recognizer.ts'
import { spokenOrFoundParam } from './language/spoken-language.ts'
import { pocketsphinxRecognizer } from './pocketsphinx-recognizer.ts'
import type { Recognizer } from './recognizer.ts'
import { whisperRecognizer } from './whisper/whisper-recognizer.ts'

/** Every recognizer, by the name that the param takes. A new one is added here, in `recognizeParams` and where it is chosen. */
export const recognizers = {
  whisper: whisperRecognizer,
  pocketsphinx: pocketsphinxRecognizer,
} as const satisfies Record<string, Recognizer>

/** Returns the param of the spoken language. */
const spokenLanguage = () => described(z.prefault(languageParam(), 'en'), 'the language that is spoken')

/** Returns the params of a step that recognizes: with what exactly. */
export function recognizeParams() {
  return {
    language: spokenOrFoundParam('the language that is spoken'),
    recognizer: described(
      z._default(z.enum(['whisper', 'pocketsphinx']), 'pocketsphinx'),
      'the program that recognizes',
    ),
    model: described(z.optional(z.enum(whisperModels)), 'the model of Whisper'),
    detector: described(z.optional(z.enum(detectors)), 'what finds for Whisper where somebody speaks'),
  }
}

/** Returns the params by which a user chooses how speech is recognized. */
export function recognizerChoiceParams() {
  return {
    language: spokenLanguage(),
    recognizer: described(
      z._default(z.enum(recognizerNames), 'auto'),
      'the program that recognizes; auto: the best that is installed',
    ),
  }
}
