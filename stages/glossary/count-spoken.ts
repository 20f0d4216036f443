import { endingOf, escaped, hasOwnCapitals } from './find-terms.ts'

/** How often a term was said, and how often it is spelled as the glossary says. */
export interface SpokenTerm {
  readonly term: string
  readonly said: number
  readonly spelled: number
  /** How it is spelled otherwise, and in which cue, counted from 1. */
  readonly otherwise: readonly { readonly cue: number; readonly text: string }[]
}

/** So short a word in capitals is another word in small letters: `US`, `IT`, `WHO`. */
const shortLetters = 4
/** What a recognizer writes between the parts of a name: `Wi Fi`, `data-base`. */
const between = "[\\s.'’-]*"

/** Returns the pattern of a term as it sounds: in other capitals, in one word or in several. */
function soundPattern(term: string): RegExp {
  const signs = [...term].filter((sign) => !/[\s.'’-]/u.test(sign)).map(escaped)
  const isExact = hasOwnCapitals(term) && term.length < shortLetters
  return new RegExp(
    `(?<![\\p{L}\\p{N}])${signs.join(between)}${endingOf(term)}(?![\\p{L}\\p{N}])`,
    isExact ? 'gu' : 'giu',
  )
}

/** Returns whether what is written begins as a term does; a sentence may begin with any of them. */
function isSpelled(text: string, term: string): boolean {
  if (text.startsWith(term)) return true
  const [first = ''] = [...term]
  return first === first.toLowerCase() && text.startsWith(`${first.toUpperCase()}${term.slice(first.length)}`)
}

/** Counts the terms of a glossary in cues, also where one is in two of them. */
export function countSpoken(terms: readonly string[], cues: readonly string[]): readonly SpokenTerm[] {
  const text = cues.map((cue) => cue.replaceAll(/\s+/g, ' ').trim()).join(' ')
  const starts: number[] = []
  let at = 0
  for (const cue of cues) {
    starts.push(at)
    at += cue.replaceAll(/\s+/g, ' ').trim().length + 1
  }
  return [...new Set(terms)].map((term) => {
    const found = [...text.matchAll(soundPattern(term))]
    const otherwise = found
      .filter(([written]) => !isSpelled(written, term))
      .map(({ 0: written, index }) => ({ cue: starts.findLastIndex((start) => start <= index) + 1, text: written }))
    return { term, said: found.length, spelled: found.length - otherwise.length, otherwise }
  })
}
