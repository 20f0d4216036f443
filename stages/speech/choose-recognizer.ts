import { findInstalledModel, type ModelPlace } from 'reprise'
import type { RecognizerSettings } from './recognizer.ts'

/** The models of Whisper, the best first. */
export const whisperModels = ['whisper-base', 'whisper-tiny.en'] as const
export const detectors = ['silero-vad', 'level'] as const
/** The languages that pocketsphinx has a model for. */
const pocketsphinxLanguages: readonly string[] = ['en']

export type WhisperModel = (typeof whisperModels)[number]

/** What a user may ask for: a recognizer, one of Whisper's models, or the best that is there. */
export const recognizerNames = ['auto', 'whisper', ...whisperModels, 'pocketsphinx'] as const
export type RecognizerName = (typeof recognizerNames)[number]

/** A recognizer with its model, and what finds speech for it. */
export interface ChosenRecognizer extends RecognizerSettings {
  readonly recognizer: 'whisper' | 'pocketsphinx'
  readonly model?: WhisperModel | undefined
  readonly detector?: (typeof detectors)[number] | undefined
}

/** Returns where a model is, installed or not. */
export type FindModel = (name: string) => ModelPlace | undefined

/** Returns the models of Whisper that know a language, the best first. */
export function modelsFor(language: string, find: FindModel = findInstalledModel): readonly WhisperModel[] {
  return whisperModels.filter((name) => find(name)?.languages.includes(language) === true)
}

/** Returns why nothing can recognize a language, or undefined where something can, perhaps once it is installed. */
export function unknownLanguage(name: RecognizerName, language: string, find: FindModel = findInstalledModel) {
  const isFloor = name === 'auto' || name === 'pocketsphinx'
  if (isFloor && pocketsphinxLanguages.includes(language)) return undefined
  if (candidatesFor(name, language, find).length > 0) return undefined
  if (name === 'auto' || name === 'whisper') return `no recognizer has a model for ${language}`
  const known = name === 'pocketsphinx' ? pocketsphinxLanguages : (find(name)?.languages ?? [])
  return `${name} has no model for ${language}; it has: ${known.join(', ')}`
}

function candidatesFor(name: RecognizerName, language: string, find: FindModel): readonly WhisperModel[] {
  if (name === 'pocketsphinx') return []
  return modelsFor(language, find).filter((model) => name === 'auto' || name === 'whisper' || name === model)
}

/**
 * Chooses the recognizer: the best model of Whisper that is installed and knows the language, else pocketsphinx. Where only
 * a model that is not installed knows the language, it is that: the run then says how to install it.
 */
export function chooseRecognizer(
  name: RecognizerName,
  language: string,
  find: FindModel = findInstalledModel,
): ChosenRecognizer {
  const candidates = candidatesFor(name, language, find)
  const usable = candidates.find((model) => isUsable(find(model)))
  const hasPocketsphinx = pocketsphinxLanguages.includes(language)
  if (name === 'pocketsphinx' || (name === 'auto' && usable === undefined && hasPocketsphinx)) {
    return { recognizer: 'pocketsphinx', language }
  }
  const [best] = candidates
  const detector = find('silero-vad')?.isInstalled === true ? 'silero-vad' : 'level'
  const model = usable ?? best
  return { recognizer: 'whisper', language, detector, ...(model === undefined ? {} : { model }) }
}

function isUsable(place: ModelPlace | undefined): boolean {
  return place?.isInstalled === true && place.runtime?.isForThisSystem === true
}

/** Returns why a recognizer cannot hear which language is spoken, or undefined where it can, perhaps once it is installed. */
export function cannotFindLanguage(name: RecognizerName, find: FindModel = findInstalledModel): string | undefined {
  if (findersOf(name, find).length > 0) return undefined
  const known = (name === 'pocketsphinx' ? pocketsphinxLanguages : (find(name)?.languages ?? [])).join(', ')
  return `${name} knows no language but ${known}: language=auto needs a model of many languages, such as whisper-base`
}

/** Returns the models that tell languages apart, the best first. */
function findersOf(name: RecognizerName, find: FindModel): readonly WhisperModel[] {
  if (name === 'pocketsphinx') return []
  const knowsMany = whisperModels.filter((model) => (find(model)?.languages.length ?? 0) > 1)
  return knowsMany.filter((model) => name === 'auto' || name === 'whisper' || name === model)
}

/**
 * Returns the language that is recognized where a user names none: it is found by what is heard, if a model that tells
 * languages apart is installed, and else taken to be English.
 */
export function languageOrFound(
  language: string | undefined,
  name: RecognizerName,
  find: FindModel = findInstalledModel,
): string {
  return language ?? (findersOf(name, find).some((model) => isUsable(find(model))) ? 'auto' : 'en')
}

/** Chooses the recognizer of a language that is found first: a model that tells languages apart. */
export function chooseFinder(name: RecognizerName, find: FindModel = findInstalledModel): ChosenRecognizer {
  const [model] = findersOf(name, find)
  const detector = find('silero-vad')?.isInstalled === true ? 'silero-vad' : 'level'
  return { recognizer: 'whisper', language: 'auto', detector, ...(model === undefined ? {} : { model }) }
}

/** Says which recognizer is used, and why no better one. */
export function describeChoice(chosen: ChosenRecognizer, find: FindModel = findInstalledModel): string {
  const { recognizer, language, model, detector } = chosen
  const best = chooseRecognizer('auto', language, find)
  const isBest = best.recognizer === recognizer && best.model === model
  const why = isBest ? `the best that is installed for ${language}` : 'as the param recognizer says'
  const better = modelsFor(language, find).slice(0, model === undefined ? undefined : whisperModels.indexOf(model))
  const missing = better.filter((name) => find(name)?.isInstalled === false).at(-1)
  const advice = missing === undefined ? '' : `; a better one: reprise models install ${missing}`
  if (recognizer === 'pocketsphinx') return `recognizer: pocketsphinx, ${why}${advice}`
  const place = find(model ?? '')
  const version =
    place?.runtime === undefined ? '' : ` ${place.version}, by ${place.runtime.name} ${place.runtime.version}`
  const presence = detector === 'silero-vad' ? 'silero-vad' : 'its level (better: reprise models install silero-vad)'
  return `recognizer: whisper on the CPU with ${model}${version}, ${why}; speech is found by ${presence}${advice}`
}
