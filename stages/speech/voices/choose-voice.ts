import { findInstalledModel, type ModelPlace } from 'reprise'
import { accentOfKokoro, fliteVoices, kokoroLanguages, kokoroVoice, kokoroVoices, piperVoice } from './voice-names.ts'

/** What a user may ask for: something that speaks, or the best that is there. */
export const synthesizerNames = ['auto', 'kokoro', 'piper', 'espeak-ng', 'flite', 'own', 'api'] as const
export type SynthesizerName = (typeof synthesizerNames)[number]

/** The models that speak, the best first. */
const models = { kokoro: 'kokoro', piper: 'piper-joe' } as const

/** How voices of Piper are called where they are published: `de_DE-thorsten-medium`. */
const ownName = /^[a-z]{2,3}_[A-Z]{2}-\w+-(?:x_low|low|medium|high)$/

/** What is asked for by params. */
export interface VoiceWish {
  readonly synthesizer: SynthesizerName
  /** The name of a voice, or of what speaks, or `auto`. */
  readonly voice: string
  /** ISO 639-1, or 639-3 where there is none. */
  readonly language: string
}

/** What speaks, with its voice; without one, its own choice for the language. */
export interface ChosenVoice {
  readonly synthesizer: Exclude<SynthesizerName, 'auto'>
  readonly voice?: string
}

type FindModel = (name: string) => ModelPlace | undefined

/** Returns what was asked for, where the voice is the name of what speaks or tells it. */
function meant({ synthesizer, voice, language }: VoiceWish): VoiceWish {
  const named = synthesizerNames.find((name) => name === voice)
  if (named !== undefined) return { language, synthesizer: synthesizer === 'auto' ? named : synthesizer, voice: 'auto' }
  if (synthesizer !== 'auto') return { synthesizer, voice, language }
  if (accentOfKokoro(voice) !== undefined) return { synthesizer: 'kokoro', voice, language }
  if (voice === piperVoice.name) return { synthesizer: 'piper', voice, language }
  if (fliteVoices.includes(voice)) return { synthesizer: 'flite', voice, language }
  if (ownName.test(voice)) return { synthesizer: 'own', voice, language }
  return { synthesizer, voice, language }
}

/** Returns why a wish cannot be met, or undefined. */
export function voiceProblem(wish: VoiceWish): string | undefined {
  const { synthesizer, voice, language } = meant(wish)
  const name = voice === 'auto' ? undefined : voice
  if (synthesizer === 'kokoro') {
    if (!kokoroLanguages.includes(language))
      return `kokoro does not speak ${language}; it speaks: ${kokoroLanguages.join(', ')}`
    if (kokoroVoice(name, language) !== undefined) return undefined
    return `kokoro has no voice '${voice}' for ${language}; it has: ${kokoroVoices(language).join(', ')}`
  }
  if (synthesizer === 'piper') {
    if (language !== piperVoice.language) return `piper does not speak ${language}; it speaks: ${piperVoice.language}`
    if (name === undefined || name === piperVoice.name || name === piperVoice.accent) return undefined
    return `piper has no voice '${voice}'; it has: ${piperVoice.name}`
  }
  if (synthesizer === 'flite') {
    if (language !== 'en') return `flite does not speak ${language}; it speaks: en`
    if (name === undefined || fliteVoices.includes(name)) return undefined
    return `flite has no voice '${voice}'; it has: ${fliteVoices.join(', ')}`
  }
  return undefined
}

/**
 * Chooses what speaks: the best model that is installed and knows the language and the accent, else espeak-ng. A model that
 * was asked for is chosen also where it is not installed: the run then says how to install it.
 */
export function chooseVoice(wish: VoiceWish, find: FindModel = findInstalledModel): ChosenVoice {
  const { synthesizer, voice, language } = meant(wish)
  const name = voice === 'auto' ? undefined : voice
  const kokoro = kokoroVoice(name, language)
  const isUsable = (model: string) => {
    const place = find(model)
    return place?.isInstalled === true && place.runtime?.isForThisSystem === true
  }
  if (synthesizer === 'kokoro' || (synthesizer === 'auto' && kokoro !== undefined && isUsable(models.kokoro)))
    return { synthesizer: 'kokoro', ...(kokoro === undefined ? {} : { voice: kokoro }) }
  const isForPiper = language === piperVoice.language && (name === undefined || name === piperVoice.accent)
  if (synthesizer === 'piper' || (synthesizer === 'auto' && isForPiper && isUsable(models.piper)))
    return { synthesizer: 'piper', voice: piperVoice.name }
  const floor = synthesizer === 'auto' ? 'espeak-ng' : synthesizer
  return { synthesizer: floor, ...(name === undefined ? {} : { voice: name }) }
}

/** Says what speaks, and why nothing better. */
export function describeVoice(chosen: ChosenVoice, language: string, find: FindModel = findInstalledModel): string {
  const { synthesizer, voice } = chosen
  const best = chooseVoice({ synthesizer: 'auto', voice: 'auto', language }, find)
  const isBest = best.synthesizer === synthesizer
  const why = isBest ? `the best that is installed for ${language}` : 'as the params say'
  const missing = find(models.kokoro)?.isInstalled === false && kokoroLanguages.includes(language)
  const advice = missing && synthesizer !== 'kokoro' ? '; a better one: reprise models install kokoro' : ''
  const model = synthesizer === 'kokoro' || synthesizer === 'piper' ? find(models[synthesizer]) : undefined
  const version =
    model?.runtime === undefined ? '' : ` ${model.version}, by ${model.runtime.name} ${model.runtime.version}`
  return `voice: ${voice === undefined ? '' : `${voice} of `}${synthesizer}${version}, ${why}${advice}`
}
