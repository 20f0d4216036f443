import { readCues } from '../../cues/read-cues.ts'

/** A word, and when it is sung where the file says so. */
export interface ReadWord {
  readonly text: string
  readonly startS: number | undefined
}

export interface ReadLine {
  readonly startS: number
  /** Where the file says so. */
  readonly endS: number | undefined
  readonly words: readonly ReadWord[]
}

/** What in a file of lyrics cannot be read. */
export class LyricsError extends Error {}

const lrcTime = /\[(\d{1,3}):(\d{1,2}(?:[.:]\d{1,3})?)\]/g
const wordTime = /<(\d{1,3}):(\d{1,2}(?:[.:]\d{1,3})?)>/

/** Returns whether a text has times of lyrics: LRC, SubRip or WebVTT. */
export function hasTimes(text: string): boolean {
  return text.includes('-->') || text.split(/\r?\n/).some((line) => /^\s*\[\d{1,3}:\d{1,2}/.test(line))
}

/**
 * Reads lyrics: LRC, also with a time for each word (`<mm:ss.xx>`), SubRip or WebVTT.
 *
 * @throws {LyricsError} where there are no times.
 */
export function readLyrics(text: string): readonly ReadLine[] {
  const lines = text.includes('-->') ? linesOfCues(text) : linesOfLrc(text.replace(/^\ufeff/, ''))
  if (lines.length === 0) throw new LyricsError('it has no line with a time, such as [01:23.45]')
  return lines.toSorted((one, other) => one.startS - other.startS)
}

function linesOfCues(text: string): readonly ReadLine[] {
  const cues = readCues(text)
  if (!cues.ok) throw new LyricsError(`'${cues.error}' is not a cue time`)
  return cues.value.flatMap(({ startMs, endMs, lines }) => {
    const words = wordsOf(lines.join(' ').replace(/<[^>]*>/g, ''))
    return words.length === 0 ? [] : [{ startS: startMs / 1000, endS: endMs / 1000, words }]
  })
}

function linesOfLrc(text: string): readonly ReadLine[] {
  // A positive offset, in milliseconds, lets the words come sooner.
  const offsetS = Number(/^\s*\[offset:\s*([+-]?\d+)\s*\]/im.exec(text)?.[1] ?? 0) / 1000
  const at = (minutes: string, seconds: string) =>
    Math.max(0, Number(minutes) * 60 + Number(seconds.replace(':', '.')) - offsetS)
  const lines: { startS: number; words: readonly ReadWord[] }[] = []
  for (const line of text.split(/\r?\n/)) {
    const times = [...line.matchAll(lrcTime)]
    const [first] = times
    if (first === undefined || line.slice(0, first.index).trim() !== '') continue
    const said = line.replace(lrcTime, '').trim()
    const pieces = said.split(/(?=<\d{1,3}:\d)/)
    const words = pieces.flatMap((piece) => {
      const [, minutes, seconds] = wordTime.exec(piece) ?? []
      const [word, ...others] = wordsOf(piece.replace(wordTime, ''))
      if (word === undefined) return []
      const startS = minutes === undefined || seconds === undefined ? undefined : at(minutes, seconds)
      return [{ ...word, startS }, ...others]
    })
    for (const [, minutes = '', seconds = ''] of times) {
      const startS = at(minutes, seconds)
      // Of a line that is repeated, the words' own times are those of its first one.
      lines.push({
        startS,
        words: times.length === 1 ? words : words.map(({ text: word }) => ({ text: word, startS: undefined })),
      })
    }
  }
  lines.sort((one, other) => one.startS - other.startS)
  // A line without words says when the one before it ends.
  return lines.flatMap(({ startS, words }, index) => {
    const next = lines[index + 1]
    return words.length === 0 ? [] : [{ startS, endS: next?.words.length === 0 ? next.startS : undefined, words }]
  })
}

function wordsOf(text: string): ReadWord[] {
  return text.split(/\s+/).flatMap((word) => (word === '' ? [] : [{ text: word, startS: undefined }]))
}
