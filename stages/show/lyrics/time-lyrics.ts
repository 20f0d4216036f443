import type { LyricLine, Lyrics } from './lyrics-schema.ts'
import { mouthsOf } from './mouths.ts'
import type { ReadLine, ReadWord } from './read-lyrics.ts'

/** A word is sung in about so many seconds, if nothing follows at once. */
const longestWordS = 1.2
const consonantS = 0.05
const guessed = 0.5

/** Returns lyrics with a time for each line, word and mouth: what the file does not say is shared out. */
export function timeLyrics(lines: readonly ReadLine[], durationS: number): Lyrics {
  const within = joined(lines.filter(({ startS }) => startS < durationS))
  return {
    lines: within.flatMap((line, at) => {
      const latestS = Math.min(durationS, within[at + 1]?.startS ?? durationS)
      const usualS = line.startS + line.words.length * longestWordS
      const endS = Math.min(latestS, line.endS ?? usualS)
      return endS <= line.startS ? [] : [timedLine(line, endS)]
    }),
  }
}

/** Lines that begin at the same time, as those of two singers do, are one: none of them has a time of its own. */
function joined(lines: readonly ReadLine[]): readonly ReadLine[] {
  const made: ReadLine[] = []
  for (const line of lines) {
    const before = made.at(-1)
    if (before?.startS !== line.startS) made.push(line)
    else made[made.length - 1] = { ...line, endS: before.endS ?? line.endS, words: [...before.words, ...line.words] }
  }
  return made
}

function timedLine({ startS, words }: ReadLine, endS: number): LyricLine {
  const starts = startsOf(words, startS, endS)
  return {
    text: words.map(({ text }) => text).join(' '),
    startS: short(startS),
    endS: short(endS),
    words: words.map(({ text, startS: said }, at) => {
      const [fromS, toS] = [starts[at] ?? startS, starts[at + 1] ?? endS]
      const confidence = said === undefined ? guessed : 1
      return { text, startS: short(fromS), endS: short(toS), confidence, mouths: timedMouths(text, fromS, toS) }
    }),
  }
}

/** Returns when each word begins: between those that the file says, each has a part as long as it has letters. */
function startsOf(words: readonly ReadWord[], startS: number, endS: number): readonly number[] {
  const starts: number[] = []
  let from = 0
  while (from < words.length) {
    let to = from + 1
    while (to < words.length && words[to]?.startS === undefined) to++
    const fromS = clamp(
      words[from]?.startS ?? (from === 0 ? startS : (starts.at(-1) ?? startS)),
      starts.at(-1) ?? startS,
      endS,
    )
    const toS = clamp(words[to]?.startS ?? endS, fromS, endS)
    const part = words.slice(from, to).map(({ text }) => text.length + 1)
    const all = part.reduce((sum, letters) => sum + letters, 0)
    let before = 0
    for (const letters of part) {
      starts.push(fromS + ((toS - fromS) * before) / all)
      before += letters
    }
    from = to
  }
  return starts
}

/** Consonants are short, vowels share the rest, as in xLights' own breakdown. */
function timedMouths(word: string, startS: number, endS: number): LyricLine['words'][number]['mouths'] {
  const shapes = mouthsOf(word)
  const isShort = (shape: string) => shape === 'etc' || shape === 'MBP'
  const shorts = shapes.filter(isShort).length
  const longs = shapes.length - shorts
  const shortS = longs === 0 ? (endS - startS) / shorts : Math.min(consonantS, (endS - startS) / shapes.length)
  const longS = longs === 0 ? 0 : (endS - startS - shorts * shortS) / longs
  let atS = startS
  return shapes.map((mouth) => {
    const fromS = atS
    atS += isShort(mouth) ? shortS : longS
    return { mouth, startS: short(fromS), endS: short(Math.min(endS, atS)) }
  })
}

function clamp(value: number, least: number, most: number): number {
  return Math.max(least, Math.min(most, value))
}

function short(seconds: number): number {
  return Math.round(seconds * 1000) / 1000
}
