import * as z from 'zod/mini'
import { languageParam } from '../../languages/languages.ts'
import { described } from '../../schema/schema.ts'
import { synthesizerNames } from './choose-voice.ts'
import { espeakVoice } from './espeak-voice.ts'
import { fliteVoice } from './flite-voice.ts'
import { kokoroSpeaker, piperSpeaker } from './neural/neural-voice.ts'
import type { Voice } from './voice.ts'

/** Every synthesizer, by the name that the param takes. A new one is added here and in `choose-voice.ts`. */
export const synthesizers = {
  kokoro: kokoroSpeaker,
  piper: piperSpeaker,
  'espeak-ng': espeakVoice,
  flite: fliteVoice,
} as const satisfies Record<string, Voice>

const spokenLanguage = () => described(z.prefault(languageParam(), 'en'), 'the language that is spoken')
const voiceName = () =>
  z.string().check(z.regex(/^[\w+.-]{1,64}$/, 'must be the name of a voice, such as en-gb or slt'))
const speed = () =>
  described(z._default(z.number().check(z.gte(0.5), z.lte(2)), 1), 'how fast is spoken, times the usual speed')

/** Returns the params of a step that speaks: with what exactly. */
export function voiceParams() {
  return {
    language: spokenLanguage(),
    synthesizer: described(
      z._default(z.enum(['kokoro', 'piper', 'espeak-ng', 'flite']), 'espeak-ng'),
      'the program that speaks',
    ),
    voice: described(z.optional(voiceName()), "the synthesizer's voice; a scene may name its own"),
    speed: speed(),
  }
}

/** Returns the params of a step that lets a server speak. */
export function apiVoiceParams() {
  return {
    language: spokenLanguage(),
    voice: described(z._default(voiceName(), 'alloy'), 'the voice, as the server calls it; a scene may name its own'),
    speed: speed(),
  }
}

/** Returns the params by which a user chooses how text is spoken. */
export function voiceChoiceParams() {
  return {
    language: spokenLanguage(),
    synthesizer: described(
      z._default(z.enum(synthesizerNames), 'auto'),
      'what speaks: kokoro and piper are models (reprise models install kokoro), espeak-ng knows about a hundred languages, flite English alone, own a voice of Piper in a folder of yours (--input voices=DIR), api is a server; auto: the best that is installed',
    ),
    voice: described(
      z._default(voiceName(), 'auto'),
      'a voice, such as af_heart or en-gb (kokoro), en-gb+f3 (espeak-ng), slt (flite), or what speaks, such as api; auto: the best that is installed; a scene may name its own',
    ),
    roles: described(
      z.optional(z.record(z.string(), voiceName())),
      'voices by roles of the document, or by speakers of a transcript (<v Anna>): {"narrator":"bf_emma","Anna":"bm_george"}',
    ),
    speed: speed(),
  }
}
