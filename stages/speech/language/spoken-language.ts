import * as z from 'zod/mini'
import { languageCode, languageParam, nativeLanguageName } from '../../languages/languages.ts'
import { described, schema, type ValueOf } from '../../schema/schema.ts'
import { frameS, type Span } from '../whisper/speech-presence.ts'

/** The language that is spoken in a recording, and in how many of its stretches that were listened to. */
export const SpokenLanguage = schema(() => z.object({ language: z.string(), votes: z.number(), of: z.number() }))
export type SpokenLanguage = ValueOf<typeof SpokenLanguage>

/** What is taken where nobody speaks. */
const otherwise = 'en'
const mostStretches = 5
/** In less speech, languages are often mistaken for each other. */
const enoughS = 2

/** Returns what a language that may be found is written as. */
export function languageOrAuto() {
  return z.union([z.literal('auto'), languageParam()])
}

/** Returns the param of the spoken language, which may be found. */
export function spokenOrFoundParam(description: string) {
  return described(z.prefault(languageOrAuto(), 'en'), description)
}

/** Returns some stretches of speech from all over a recording, long ones where there are any. */
export function stretchesToHear(windows: readonly Span[]): readonly Span[] {
  const long = windows.filter(({ from, to }) => (to - from) * frameS >= enoughS)
  const heard = long.length > 0 ? long : windows
  if (heard.length <= mostStretches) return heard
  return Array.from(
    { length: mostStretches },
    (_, index) => heard.slice(Math.floor((index * heard.length) / mostStretches))[0],
  ).flatMap((one) => one ?? [])
}

/** Returns the language of most stretches; of several that are as frequent, the one that is spoken first. */
export function votedLanguage(languages: readonly string[]): SpokenLanguage {
  const votes = new Map<string, number>()
  for (const written of languages) {
    const code = languageCode(written)
    if (code !== undefined) votes.set(code, (votes.get(code) ?? 0) + 1)
  }
  const [first, ...others] = [...votes]
  if (first === undefined) return { language: otherwise, votes: 0, of: languages.length }
  const [language, count] = others.reduce((best, one) => (one[1] > best[1] ? one : best), first)
  return { language, votes: count, of: languages.length }
}

/** Most stretches have to be in the same language. */
const sureShare = 0.75

/** Says which language is spoken; `isSure` is false where it may well be another. */
export function describeSpoken({ language, votes, of }: SpokenLanguage): { text: string; isSure: boolean } {
  const advice = 'if it is not, say so: -p language=...'
  if (of === 0) return { text: `nobody speaks; the language is taken to be ${language}`, isSure: true }
  if (votes === 0)
    return { text: `no language was recognized; it is taken to be ${language}; ${advice}`, isSure: false }
  const name = `${nativeLanguageName(language)} (${language})`
  const text = `${name} is spoken, in ${votes} of ${of} stretches that were heard`
  return votes < sureShare * of ? { text: `${text}; ${advice}`, isSure: false } : { text, isSure: true }
}
