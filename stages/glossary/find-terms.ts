import type { Term } from './glossary.ts'

/** A term with this many letters may end otherwise than in the glossary, as words do that are inflected. */
const inflectedLetters = 4
const stemLetters = 6

/** Returns the pattern of a text as it is. */
export function escaped(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&').replace(/\s+/g, '\\s+')
}

/** Returns whether capitals tell a term from another word: `US` is not `us`, and `iPhone` is a name. */
export function hasOwnCapitals(term: string): boolean {
  return /\p{Lu}/u.test(term.slice(1))
}

/** Returns the pattern of a term in its own language: as it is, with an ending of up to two letters, or a possessive. */
export function termPattern(term: string): RegExp {
  return new RegExp(
    `(?<![\\p{L}\\p{N}])${escaped(term)}${endingOf(term)}(?![\\p{L}\\p{N}])`,
    hasOwnCapitals(term) ? 'u' : 'iu',
  )
}

/** Returns the pattern of what may follow a term in its own language. */
export function endingOf(term: string): string {
  const isInflected = /^[\p{L}\p{M}\s'’-]+$/u.test(term) && term.length >= inflectedLetters
  return isInflected ? "(?:['’]s|\\p{L}{1,2})?" : "(?:['’]s)?"
}

/** Returns the pattern of a translation: long words may end otherwise, in their last two letters and up to three more. */
function translationPattern(translation: string): RegExp {
  const words = translation.split(/\s+/).map((word) => {
    const isLong = /^[\p{L}\p{M}]+$/u.test(word) && word.length >= stemLetters
    return isLong ? `${escaped(word.slice(0, -2))}\\p{L}{0,5}` : `${escaped(word)}(?:\\p{L}{1,2})?`
  })
  return new RegExp(`(?<![\\p{L}\\p{N}])${words.join('\\s+')}(?![\\p{L}\\p{N}])`, 'iu')
}

/** Returns the terms that a text has, in the order of the glossary. */
export function termsIn(text: string, terms: readonly Term[]): readonly Term[] {
  return terms.filter(({ term }) => termPattern(term).test(text))
}

/** Returns whether a translated text has a term as the glossary says. A term that is kept is spelled the same. */
export function hasTranslation(text: string, { term, translation }: Term): boolean {
  return term === translation ? text.includes(term) : translationPattern(translation).test(text)
}

/** How often a term is in a text, and how often it is translated as the glossary says. */
export interface TermCount extends Term {
  readonly lines: number
  readonly kept: number
  /** The lines, counted from 1, in which it is not. */
  readonly missedIn: readonly number[]
}

/** Counts the terms of a glossary in lines and their translations. */
export function countTerms(
  terms: readonly Term[],
  sources: readonly string[],
  translations: readonly string[],
): readonly TermCount[] {
  return terms.map((term) => {
    const pattern = termPattern(term.term)
    const found = sources.flatMap((source, index) => (pattern.test(source) ? [index] : []))
    const missedIn = found.filter((index) => !hasTranslation(translations[index] ?? '', term)).map((index) => index + 1)
    return { ...term, lines: found.length, kept: found.length - missedIn.length, missedIn }
  })
}
