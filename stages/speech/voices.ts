import * as z from 'zod/mini'
import { languageParam } from '../languages/languages.ts'
import { described } from '../schema/schema.ts'
import { espeakVoice } from './espeak-voice.ts'
import { fliteVoice } from './flite-voice.ts'
import type { Voice } from './voice.ts'

/** Every synthesizer, by the name that the param takes. A new one is added here and in `voiceParams`. */
export const synthesizers = { 'espeak-ng': espeakVoice, flite: fliteVoice } as const satisfies Record<string, Voice>

/** Returns the params that choose how text is spoken. */
export function voiceParams() {
  return {
    language: described(z.prefault(languageParam(), 'en'), 'the language that is spoken'),
    synthesizer: described(
      z._default(z.enum(['espeak-ng', 'flite']), 'espeak-ng'),
      'the program that speaks: espeak-ng knows about a hundred languages, flite English alone',
    ),
    voice: described(
      z.optional(z.string().check(z.regex(/^[\w+-]{1,40}$/, 'must be the name of a voice, such as en-gb or slt'))),
      "the synthesizer's voice, such as en-gb+f3 (espeak-ng) or slt (flite); a scene may name its own",
    ),
    speed: described(
      z._default(z.number().check(z.gte(0.5), z.lte(2)), 1),
      'how fast is spoken, times the usual speed',
    ),
  }
}
