import { describe, expect, it } from 'vitest'
import {
  languageCode,
  languageParam,
  longLanguageCode,
  nativeLanguageName,
} from '../../../stages/languages/languages.ts'
import { schema } from '../../../stages/schema/schema.ts'
import { checked } from '../sample.ts'

describe('languageCode', () => {
  it.each([
    ['es', 'es'],
    ['spa', 'es'],
    [' ES ', 'es'],
    ['fre', 'fr'],
    ['fra', 'fr'],
    ['ger', 'de'],
    ['cmn', 'zh'],
    ['ast', 'ast'],
    ['hbs', 'hbs'],
    ['en-US', 'en'],
    ['pt-BR', 'pt'],
    ['zh-Hant', 'zh'],
    ['zh-Hant-TW', 'zh'],
    ['yue-Hant-HK', 'yue'],
    ['eng-GB', 'en'],
    ['en_gb', 'en'],
    ['es-419', 'es'],
    ['de-CH-1996', 'de'],
    ['sr-Latn-RS', 'sr'],
    ['en-x-lect', 'en'],
  ])('takes %s for %s', (written, code) => {
    expect(languageCode(written)).toBe(code)
  })

  it.each([
    '',
    'e',
    'zz',
    'qqz',
    'español',
    'x-en',
    'i-klingon',
    'en-',
    'en US',
    'english-US',
    'es,fr',
    '12',
    '__proto__',
  ])('takes %j for no language', (written) => {
    expect(languageCode(written)).toBeUndefined()
  })
})

describe('longLanguageCode', () => {
  it('gives the terminology code, and leaves a code that has no short form', () => {
    expect(['es', 'de', 'fr', 'ast'].map(longLanguageCode)).toEqual(['spa', 'deu', 'fra', 'ast'])
  })
})

describe('nativeLanguageName', () => {
  it('begins with a capital letter of the language', () => {
    expect(['en', 'es', 'fr', 'ru'].map(nativeLanguageName)).toEqual(['English', 'Español', 'Français', 'Русский'])
  })

  it('falls back to the code', () => {
    expect(nativeLanguageName('qqq')).toBe('Qqq')
  })
})

describe('languageParam', () => {
  it('says what to write instead', () => {
    const language = schema(languageParam)
    expect(checked(language, 'spa')).toBe('es')
    expect(() => checked(language, 'xx')).toThrow("'xx' is not a language: write an ISO 639 code")
    expect(() => checked(language, 5)).toThrow('expected string')
  })
})
