import { pocketsphinx, recognizeArgs } from '../tools/pocketsphinx.ts'
import type { Recognizer } from './recognizer.ts'
import type { Utterance, Word } from './transcript.ts'

/** A word's line: the word, its start and end in seconds, its confidence. */
const wordLine = /^(\S+) (\d+\.\d+) (\d+\.\d+) (\d+(?:\.\d+)?(?:e-?\d+)?)$/
/** Silences, noises, and the marks of a sentence's start and end. */
const noWord = /^(?:<.*>|\[.*\]|\+\+.*\+\+)$/
/** The number of a pronunciation, as in `will(2)`. */
const pronunciation = /\(\d+\)$/

/** A line that pocketsphinx printed: an utterance's text, which begins the utterance, or one of its words. */
export type PocketsphinxLine =
  | { readonly kind: 'utterance' }
  | { readonly kind: 'noise'; readonly endS: number }
  | { readonly kind: 'word'; readonly word: Word }

/** Returns what a line of pocketsphinx's output says. */
export function parseLine(line: string): PocketsphinxLine {
  const [, text, start, end, confidence] = wordLine.exec(line.trim()) ?? []
  if (text === undefined || start === undefined || end === undefined || confidence === undefined)
    return { kind: 'utterance' }
  const endS = Number(end)
  if (noWord.test(text)) return { kind: 'noise', endS }
  // Computed in logarithms, it may come out slightly above one.
  const certainty = Math.min(1, Number(confidence))
  return {
    kind: 'word',
    word: { text: text.replace(pronunciation, ''), startS: Number(start), endS, confidence: certainty },
  }
}

/** Gathers the words of each utterance from pocketsphinx's lines, in the order in which they were said. */
export class UtteranceReader {
  readonly #utterances: Word[][] = []

  /** Reads one line; returns the time that it reaches, in seconds, where it has one. */
  read(line: string): number | undefined {
    const parsed = parseLine(line)
    switch (parsed.kind) {
      case 'utterance':
        this.#utterances.push([])
        return undefined
      case 'noise':
        return parsed.endS
      case 'word': {
        const words = this.#utterances.at(-1)
        if (words === undefined) this.#utterances.push([parsed.word])
        else words.push(parsed.word)
        return parsed.word.endS
      }
      default:
        return parsed satisfies never
    }
  }

  /** Returns the utterances that have words; no time in them is after `durationS`. */
  utterances(durationS: number): Utterance[] {
    return this.#utterances.flatMap((spoken) => {
      const words = spoken
        .filter(({ startS }) => startS < durationS)
        .map((word) => ({ ...word, endS: Math.min(word.endS, durationS) }))
      const [first, last] = [words.at(0), words.at(-1)]
      if (first === undefined || last === undefined) return []
      return [{ startS: first.startS, endS: last.endS, text: words.map(({ text }) => text).join(' '), words }]
    })
  }
}

/** Recognizes US English on the CPU, without a network. */
export const pocketsphinxRecognizer: Recognizer = {
  tools: () => [pocketsphinx],
  async recognize(host, { audio, durationS }) {
    const reader = new UtteranceReader()
    const onStdoutLine = (line: string) => {
      const reachedS = reader.read(line)
      if (reachedS !== undefined && durationS > 0) host.progress(Math.min(1, reachedS / durationS))
    }
    await host.exec(pocketsphinx, recognizeArgs(audio), { onStdoutLine })
    return reader.utterances(durationS)
  },
}
