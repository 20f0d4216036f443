import { describe, expect, it } from 'vitest'
import type { ModelPlace } from '../../../src/index.ts'
import { findModel, placeOf } from '../../../src/models/index.ts'
import { chooseRecognizer, describeChoice, languageOrFound } from '../../../stages/speech/choose-recognizer.ts'

/** Returns what finds these models on a machine that has a build of their library, or has none. */
function having(names: readonly string[], isForThisSystem = true) {
  return (name: string): ModelPlace | undefined => {
    const model = findModel(name)
    if (model === undefined) return undefined
    const place = placeOf(model, '/models')
    if (place.runtime === undefined) return undefined
    return { ...place, isInstalled: names.includes(name), runtime: { ...place.runtime, isForThisSystem } }
  }
}

const both = ['whisper-base', 'whisper-tiny.en']

describe('chooseRecognizer', () => {
  it.each([
    [both, 'auto', 'en', 'whisper', 'whisper-base'],
    [['whisper-tiny.en'], 'auto', 'en', 'whisper', 'whisper-tiny.en'],
    [[], 'auto', 'en', 'pocketsphinx', undefined],
    [both, 'auto', 'de', 'whisper', 'whisper-base'],
    [['whisper-tiny.en'], 'auto', 'de', 'whisper', 'whisper-base'],
    [both, 'whisper-tiny.en', 'en', 'whisper', 'whisper-tiny.en'],
    [['whisper-tiny.en'], 'whisper', 'en', 'whisper', 'whisper-tiny.en'],
    [[], 'whisper', 'en', 'whisper', 'whisper-base'],
    [both, 'pocketsphinx', 'en', 'pocketsphinx', undefined],
  ] as const)('with %j, %s takes for %s: %s %s', (installed, name, language, recognizer, model) => {
    const chosen = chooseRecognizer(name, language, having(installed))
    expect([chosen.recognizer, chosen.model]).toEqual([recognizer, model])
  })

  it('takes no model that has no build of its library here', () => {
    expect(chooseRecognizer('auto', 'en', having(both, false)).recognizer).toBe('pocketsphinx')
  })

  it('finds speech by silero-vad where it is installed', () => {
    expect(chooseRecognizer('auto', 'en', having([...both, 'silero-vad'])).detector).toBe('silero-vad')
    expect(chooseRecognizer('auto', 'en', having(both)).detector).toBe('level')
  })

  it('says what was chosen, why, and what would be better', () => {
    const find = having(['whisper-tiny.en'])
    expect(describeChoice(chooseRecognizer('auto', 'en', find), find)).toBe(
      'recognizer: whisper on the CPU with whisper-tiny.en 2022.09, by napi-rs-whisper 0.0.4, the best that is installed for en; speech is found by its level (better: reprise models install silero-vad); a better one: reprise models install whisper-base',
    )
    const none = having([])
    expect(describeChoice(chooseRecognizer('auto', 'en', none), none)).toBe(
      'recognizer: pocketsphinx, the best that is installed for en; a better one: reprise models install whisper-tiny.en',
    )
    const all = having(both)
    expect(describeChoice(chooseRecognizer('pocketsphinx', 'en', all), all)).toBe(
      'recognizer: pocketsphinx, as the param recognizer says',
    )
  })
})

describe('languageOrFound', () => {
  it.each([
    [both, undefined, 'auto', 'auto'],
    [both, undefined, 'whisper-tiny.en', 'en'],
    [both, undefined, 'pocketsphinx', 'en'],
    [both, 'es', 'auto', 'es'],
    [['whisper-tiny.en'], undefined, 'auto', 'en'],
    [['whisper-tiny.en'], 'auto', 'auto', 'auto'],
    [[], undefined, 'whisper-base', 'en'],
  ] as const)('with %j, %s asked for and recognized by %s is %s', (installed, language, name, expected) => {
    expect(languageOrFound(language, name, having(installed))).toBe(expected)
  })

  it('finds nothing by a model that has no build of its library here', () => {
    expect(languageOrFound(undefined, 'auto', having(both, false))).toBe('en')
  })
})
