import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { apertium, apertiumPair, translateArgs } from '../tools/apertium.ts'
import type { Translator } from './translator.ts'

/** Put before a word that apertium does not know, cannot translate, or cannot inflect. */
const marks = ['*', '@', '#'] as const
/** An empty line ends a sentence for apertium: without one, it moves words over the end of a line. */
const separator = '\n\n'

/** Returns a text as one line without what would read as a mark. */
export function cleanText(text: string): string {
  return text.replaceAll('*', ' ').replace(/\s+/g, ' ').trim()
}

/** Returns one text of apertium's output without its marks, and how many there were. */
export function withoutMarks(source: string, translated: string): { text: string; unknownWords: number } {
  let unknownWords = 0
  let text = translated
  for (const mark of marks) {
    // A hash tag in the text is not a mark.
    if (mark !== '*' && source.includes(mark)) continue
    text = text.replace(new RegExp(`[${mark}](?=[\\p{L}\\p{N}])`, 'gu'), () => {
      unknownWords += 1
      return ''
    })
  }
  return { text: text.replace(/\s+/g, ' ').trim(), unknownWords }
}

/** Returns the translation of each text in apertium's output, or undefined where their number is another. */
export function parseTranslation(texts: readonly string[], printed: string) {
  const paragraphs = printed.split(/\n[ \t]*\n/).map((paragraph) => paragraph.trim())
  while (paragraphs.at(-1) === '') paragraphs.pop()
  if (paragraphs.length !== texts.length) return undefined
  const parts = paragraphs.map((paragraph, index) => withoutMarks(texts[index] ?? '', paragraph))
  return {
    texts: parts.map(({ text }) => text),
    unknownWords: parts.reduce((sum, part) => sum + part.unknownWords, 0),
  }
}

/** Translates by rules and dictionaries on the CPU, without a network, between the pairs that are installed. */
export const apertiumTranslator: Translator = {
  tools: (from, to) => [apertium(from, to)],
  async translate(host, { from, to, texts }) {
    const cleaned = texts.map(cleanText)
    const sent = cleaned.filter((text) => text !== '')
    if (sent.length === 0) return { texts: cleaned, unknownWords: 0 }
    const input = join(host.tempDir, 'texts.txt')
    await writeFile(input, sent.map((text) => `${text}${separator}`).join(''))
    const { stdout } = await host.exec(apertium(from, to), translateArgs(apertiumPair(from, to), input))
    const translated = parseTranslation(sent, stdout)
    if (translated === undefined) {
      return host.fail(`apertium returned another number of lines than the ${sent.length} that it received`)
    }
    const rest = [...translated.texts]
    return {
      texts: cleaned.map((text) => (text === '' ? '' : (rest.shift() ?? ''))),
      unknownWords: translated.unknownWords,
    }
  },
}
