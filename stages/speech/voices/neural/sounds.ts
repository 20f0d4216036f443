import { espeakNg } from '../../../tools/espeak-ng.ts'
import type { VoiceHost } from '../voice.ts'

/** What espeak-ng is given between two marks, or a mark, which it would leave out. */
interface Part {
  readonly text: string
  readonly isMark: boolean
  /** Whether the text is sounds already. */
  readonly isSound?: boolean
}

/** Sounds within a text, as a lexicon gives them. */
const givenSounds = /\u27e6([^\u27e7]*)\u27e7/gu

/** The character that joins the letters of one sound, as in `t^ʃ`. */
const tie = '^'

const abbreviation = /(?:^|[\s(])(?:Mrs?|Ms|Dr|Prof|St|Sr|Jr|vs|Fig|No|e\.g|i\.e|z\.B|Sra?|M|Mme)$/u
const mark = /[;!?¡¿—…"“”«»()]+\s*|[,.:]+(?=\s|$|["”»)])\s*/gu

/** Returns a text in parts: marks, at which a speaker pauses, and what is between them. */
export function partsOf(text: string): readonly Part[] {
  const parts: Part[] = []
  let at = 0
  for (const { 0: found, 1: sounds = '', index } of text.matchAll(givenSounds)) {
    parts.push(...betweenMarks(text.slice(at, index)), { text: tied(sounds), isMark: false, isSound: true })
    at = index + found.length
  }
  return [...parts, ...betweenMarks(text.slice(at))]
}

/** Returns sounds with ties, as espeak-ng writes them. */
function tied(sounds: string): string {
  return sounds
    .replaceAll('\u0361', tie)
    .replaceAll('g', 'ɡ')
    .replace(/(?:dʒ|tʃ|aɪ|aʊ|eɪ|oʊ|əʊ|ɔɪ)/g, ([first = '', second = '']) => first + tie + second)
}

function betweenMarks(text: string): readonly Part[] {
  const parts: Part[] = []
  let from = 0
  const add = (part: string, isMark: boolean) => {
    if (part.trim() !== '') parts.push({ text: part.trim(), isMark })
  }
  for (const { 0: found, index } of text.matchAll(mark)) {
    if (found.startsWith('.') && abbreviation.test(text.slice(from, index))) continue
    add(text.slice(from, index), false)
    add(found, true)
    from = index + found.length
  }
  add(text.slice(from), false)
  return parts
}

/** Where a word of another language begins and ends, espeak-ng says so: `(en)`. */
const languageSwitch = /\((?:\^?[a-z-])+\)/g

/** Returns the sounds of each text in the letters of the IPA, with its marks, as espeak-ng knows them. */
export async function soundsOf(
  host: Pick<VoiceHost, 'exec' | 'fail'>,
  texts: readonly string[],
  accent: string,
): Promise<readonly string[]> {
  const all = texts.map(partsOf)
  const spoken = all.flat().flatMap(({ text, isMark, isSound }) => (isMark || isSound === true ? [] : text))
  const ipa = await linesOf(host, spoken, accent)
  let next = 0
  return all.map((parts) => {
    let sounds = ''
    for (const { text, isMark, isSound } of parts) {
      const isOpening = isMark && /^[¡¿“«(]/u.test(text)
      const needsSpace = sounds !== '' && (!isMark || isOpening) && !/[¡¿“«(]$/u.test(sounds)
      sounds += (needsSpace ? ' ' : '') + (isMark || isSound === true ? text : (ipa[next++] ?? ''))
    }
    return /[.!?…]["”»)]*$/u.test(sounds) ? sounds : `${sounds}.`
  })
}

/** Asks for all at once, a line each; where a line gives several, for one after the other. */
async function linesOf(
  host: Pick<VoiceHost, 'exec' | 'fail'>,
  texts: readonly string[],
  accent: string,
): Promise<readonly string[]> {
  if (texts.length === 0) return []
  const ask = async (stdin: string) => {
    const args = ['-q', '--ipa', `--tie=${tie}`, '-v', accent]
    const { exitCode, stdout, stderrTail } = await host.exec(espeakNg, args, { stdin, okExitCodes: [0, 1] })
    if (exitCode !== 0) host.fail(`espeak-ng does not know how '${accent}' sounds (${stderrTail.trim()})`)
    return stdout.split('\n').flatMap((line) => {
      const sounds = line.replace(languageSwitch, '').replace(/\s+/g, ' ').trim()
      return sounds === '' ? [] : sounds
    })
  }
  const lines = await ask(texts.join('\n'))
  if (lines.length === texts.length) return lines
  const each: string[] = []
  for (const text of texts) each.push((await ask(text)).join(' '))
  return each
}

type Replacements = readonly (readonly [from: string | RegExp, to: string])[]

/**
 * From the letters of espeak-ng to those that Kokoro was trained on, which have one for each diphthong. Source: misaki,
 * `espeak.py` (Apache-2.0), the tables of its fallback for English and of the other languages.
 */
const english: Replacements = [
  ['ʔˌn\u0329', 'tᵊn'],
  ['ʔn\u0329', 'tᵊn'],
  ['ʔ', 't'],
  ['a^ɪ', 'I'],
  ['a^ʊ', 'W'],
  ['d^ʒ', 'ʤ'],
  ['e^ɪ', 'A'],
  ['t^ʃ', 'ʧ'],
  ['ɔ^ɪ', 'Y'],
  ['ə^l', 'ᵊl'],
  ['ʲo', 'jo'],
  ['ʲə', 'jə'],
  ['ʲ', ''],
  ['e^ə', 'ɛː'],
  ['e', 'A'],
  ['r', 'ɹ'],
  ['x', 'k'],
  ['ç', 'k'],
  ['ɐ', 'ə'],
  ['ɚ', 'əɹ'],
  ['ɬ', 'l'],
  ['\u0303', ''],
]
const british: Replacements = [...english, ['iə', 'ɪə'], ['ə^ʊ', 'Q'], ['o', 'ɔ']]
const american: Replacements = [
  ...english,
  ['o^ʊ', 'O'],
  ['ɜːɹ', 'ɜɹ'],
  ['ɜː', 'ɜɹ'],
  ['ɪə', 'iə'],
  ['ː', ''],
  ['o', 'ɔ'],
]
const others: Replacements = [
  ['a^ɪ', 'I'],
  ['a^ʊ', 'W'],
  ['d^z', 'ʣ'],
  ['d^ʒ', 'ʤ'],
  ['e^ɪ', 'A'],
  ['o^ʊ', 'O'],
  ['ə^ʊ', 'Q'],
  ['s^s', 'S'],
  ['t^s', 'ʦ'],
  ['t^ʃ', 'ʧ'],
  ['ɔ^ɪ', 'Y'],
  ['-', ''],
]

/** Returns sounds in the letters that Kokoro knows. */
export function kokoroSounds(sounds: string, accent: string): string {
  const table = accent === 'en-us' ? american : accent === 'en-gb' ? british : others
  return plainSounds(table.reduce((made, [from, to]) => made.replaceAll(from, to), sounds))
}

/** Returns sounds without the signs that join letters. */
export function plainSounds(sounds: string): string {
  return sounds.replaceAll(tie, '')
}
