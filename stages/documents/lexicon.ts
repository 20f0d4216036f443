import { SaxesParser } from 'saxes'
import * as z from 'zod/mini'
import { DocumentError } from './document.ts'
import { readYaml } from './front-matter.ts'
import { isSpeakable, speakable } from './speakable.ts'

/** How a word is spoken. */
export interface Pronunciation {
  /** The word as it is written. */
  readonly term: string
  /** Words that sound as it does. */
  readonly alias?: string
  /** Its sounds in the letters of the IPA. */
  readonly ipa?: string
}

const entry = () =>
  z.union([
    z.string().check(z.minLength(1)),
    z.strictObject({ alias: z.optional(z.string()), ipa: z.optional(z.string()) }),
  ])

/** Sounds in a text: for synthesizers that know the IPA. */
const ipaMark = { open: '\u27e6', close: '\u27e7' }

/**
 * Reads a pronunciation lexicon: YAML, a map from words to how they are spoken (`SQL: sequel`, or `gif: { ipa: dʒɪf }`), or
 * the Pronunciation Lexicon Specification of the W3C.
 *
 * @throws {DocumentError} with line and column.
 */
export function readLexicon(source: string): readonly Pronunciation[] {
  const text = source.replace(/^\ufeff/, '')
  const read = /^\s*</.test(text) ? readPls(text) : readYamlLexicon(text)
  const seen = new Set<string>()
  for (const { term } of read) {
    if (seen.has(term)) throw new DocumentError(`the word '${term}' is there twice`)
    seen.add(term)
  }
  return read
}

function readYamlLexicon(text: string): readonly Pronunciation[] {
  const words = readYaml(text, z.record(z.string(), entry()))
  return Object.entries(words).map(([term, said]) => {
    const made = typeof said === 'string' ? { alias: said } : said
    return checked({ term, ...made })
  })
}

function checked(
  {
    term,
    alias,
    ipa,
  }: { readonly term: string; readonly alias?: string | undefined; readonly ipa?: string | undefined },
  place?: { readonly line: number; readonly column?: number },
): Pronunciation {
  if (!isSpeakable(term)) throw new DocumentError(`'${term}' is no word`, place)
  if (alias !== undefined && !isSpeakable(speakable(alias)))
    throw new DocumentError(`what is to be said for '${term}' cannot be spoken: '${alias}'`, place)
  if (alias === undefined && (ipa ?? '').trim() === '')
    throw new DocumentError(`'${term}' has neither an alias nor sounds (ipa)`, place)
  return { term, ...(alias === undefined ? {} : { alias }), ...(ipa === undefined ? {} : { ipa: ipa.trim() }) }
}

/** A lexeme while it is read. */
interface Lexeme {
  readonly graphemes: string[]
  alias?: string
  ipa?: string
  readonly place: { readonly line: number; readonly column: number }
}

/** Source: W3C Pronunciation Lexicon Specification 1.0, 4: the first alias or phoneme counts, or the one that is preferred. */
function readPls(text: string): readonly Pronunciation[] {
  const parser = new SaxesParser()
  const lexemes: Lexeme[] = []
  let alphabet: string | undefined
  let written = ''
  let isPreferred = false
  let isIpa = true
  const place = () => ({ line: parser.line, column: parser.column })
  const fail = (message: string): never => {
    throw new DocumentError(message, place())
  }
  parser.on('error', (error) => fail(`it is not XML: ${error.message.replace(/^\d+:\d+: /, '')}`))
  parser.on('opentag', ({ name, attributes }) => {
    const tag = localName(name)
    if (lexemes.length === 0 && alphabet === undefined && tag !== 'lexicon') fail('it is no lexicon of the W3C (PLS)')
    if (tag === 'lexicon') alphabet = String(attributes.alphabet ?? 'ipa')
    if (tag === 'lexeme') lexemes.push({ graphemes: [], place: place() })
    isPreferred = attributes.prefer === 'true'
    isIpa = String(attributes.alphabet ?? alphabet).toLowerCase() === 'ipa'
    written = ''
  })
  parser.on('text', (part) => {
    written += part
  })
  parser.on('closetag', ({ name }) => {
    const lexeme = lexemes.at(-1)
    const said = written.replace(/\s+/g, ' ').trim()
    if (lexeme === undefined) return
    switch (localName(name)) {
      case 'grapheme':
        lexeme.graphemes.push(said)
        return
      case 'alias':
        if (lexeme.alias === undefined || isPreferred) lexeme.alias = said
        return
      case 'phoneme':
        if (!isIpa) fail("the sounds of a lexicon have to be in the alphabet 'ipa'")
        if (lexeme.ipa === undefined || isPreferred) lexeme.ipa = said
        return
      default:
    }
  })
  parser.write(text).close()
  if (alphabet === undefined) fail('it is no lexicon of the W3C (PLS)')
  return lexemes.flatMap(({ graphemes, place, ...said }) => {
    if (graphemes.length === 0) throw new DocumentError('a lexeme has no grapheme', place)
    return graphemes.map((term) => checked({ term, ...said }, place))
  })
}

function localName(name: string): string {
  return name.replace(/^.*:/, '')
}

/** Speaks words as a lexicon says. */
export interface Lexicon {
  /** Returns a text as it is spoken; undefined where the lexicon has none of its words. */
  spoken(text: string): string | undefined
  /** The words of the lexicon that were met. */
  readonly met: ReadonlySet<string>
}

/**
 * Returns a lexicon that replaces whole words: `API` is not found in `RAPID`. A word without capitals is also found where
 * it begins a sentence. Sounds are used by synthesizers that know the IPA; others speak the alias, and a word that has none
 * stays as it is.
 */
export function lexiconOf(words: readonly Pronunciation[], { knowsIpa }: { readonly knowsIpa: boolean }): Lexicon {
  const met = new Set<string>()
  const byForm = new Map<string, Pronunciation>()
  for (const word of words) {
    const { term } = word
    if (term === term.toLowerCase()) byForm.set(capitalized(term), word)
  }
  // What is written exactly so counts more than a capital at the start of a sentence.
  for (const word of words) byForm.set(word.term, word)
  const forms = [...byForm.keys()].sort((a, b) => b.length - a.length).map(escaped)
  const pattern = new RegExp(`(?<![\\p{L}\\p{M}\\p{N}_])(?:${forms.join('|')})(?![\\p{L}\\p{M}\\p{N}_])`, 'gu')
  return {
    met,
    spoken(text) {
      if (forms.length === 0) return undefined
      let isChanged = false
      const said = text.replace(pattern, (form) => {
        const word = byForm.get(form)
        if (word === undefined) return form
        met.add(word.term)
        const sounds = knowsIpa && word.ipa !== undefined ? `${ipaMark.open}${word.ipa}${ipaMark.close}` : word.alias
        if (sounds === undefined) return form
        isChanged = true
        return sounds
      })
      return isChanged ? speakable(said) : undefined
    },
  }
}

function capitalized(term: string): string {
  const [first = '', ...rest] = term
  return first.toUpperCase() + rest.join('')
}

function escaped(term: string): string {
  return term.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&')
}
