import { describe, expect, it } from 'vitest'
import type { ModelPlace } from '../../../../src/index.ts'
import { findModel, placeOf } from '../../../../src/models/index.ts'
import { cannotFindLanguage, chooseFinder } from '../../../../stages/speech/choose-recognizer.ts'
import { describeSpoken, stretchesToHear, votedLanguage } from '../../../../stages/speech/language/spoken-language.ts'
import { frameS } from '../../../../stages/speech/whisper/speech-presence.ts'

const stretch = (fromS: number, toS: number) => ({ from: Math.round(fromS / frameS), to: Math.round(toS / frameS) })

/** Finds every model, none of them installed. */
const find = (name: string): ModelPlace | undefined => {
  const model = findModel(name)
  return model === undefined ? undefined : placeOf(model, '/models')
}

describe('the spoken language', () => {
  it.each([
    [['de', 'nl', 'de'], { language: 'de', votes: 2, of: 3 }],
    [['pt', 'es'], { language: 'pt', votes: 1, of: 2 }],
    [['es', 'es', 'es', 'es'], { language: 'es', votes: 4, of: 4 }],
    [['null', 'fr'], { language: 'fr', votes: 1, of: 2 }],
    [[], { language: 'en', votes: 0, of: 0 }],
  ])('of %j is %j', (languages, expected) => {
    expect(votedLanguage(languages)).toEqual(expected)
  })

  it('is heard in stretches from all over a recording, and in short ones only where there are no others', () => {
    const long = Array.from({ length: 20 }, (_, index) => stretch(30 * index, 30 * index + 25))
    const heard = stretchesToHear([stretch(0, 0.5), ...long])
    expect(heard).toEqual([0, 4, 8, 12, 16].map((index) => long[index]))
    expect(stretchesToHear([stretch(0, 0.5)])).toEqual([stretch(0, 0.5)])
    expect(stretchesToHear([])).toEqual([])
  })

  it('is doubted where stretches differ, with what to do', () => {
    expect(describeSpoken({ language: 'de', votes: 3, of: 3 })).toEqual({
      text: 'Deutsch (de) is spoken, in 3 of 3 stretches that were heard',
      isSure: true,
    })
    expect(describeSpoken({ language: 'de', votes: 2, of: 4 })).toEqual({
      text: 'Deutsch (de) is spoken, in 2 of 4 stretches that were heard; if it is not, say so: -p language=...',
      isSure: false,
    })
    expect(describeSpoken(votedLanguage(['null', 'null']))).toEqual({
      text: 'no language was recognized; it is taken to be en; if it is not, say so: -p language=...',
      isSure: false,
    })
    expect(describeSpoken({ language: 'en', votes: 0, of: 0 }).text).toBe(
      'nobody speaks; the language is taken to be en',
    )
  })

  it('is found by a model of many languages alone', () => {
    expect(chooseFinder('auto', find)).toMatchObject({ recognizer: 'whisper', model: 'whisper-base', language: 'auto' })
    expect(cannotFindLanguage('auto', find)).toBeUndefined()
    expect(cannotFindLanguage('whisper-base', find)).toBeUndefined()
    for (const name of ['pocketsphinx', 'whisper-tiny.en'] as const)
      expect(cannotFindLanguage(name, find)).toBe(
        `${name} knows no language but en: language=auto needs a model of many languages, such as whisper-base`,
      )
  })
})
