import { spokenLength } from './spoken-length.ts'

/** When something is said, in seconds. */
export interface Time {
  readonly start: number
  readonly end: number
}

/** What was heard beside a word, and is not in the text, may be a part of it: `twenty five` of `25`. */
const besideS = 0.2

export interface HeardText extends Time {
  readonly text: string
}

/**
 * Returns when each word of a text is said, from words that were heard and have times, most of which should be the same.
 * A word that was not heard shares the time of its neighbour by how long it takes to say them; nothing, where none was heard.
 */
export function wordTimes(texts: readonly string[], heard: readonly HeardText[]): readonly Time[] {
  const groups = grouped(texts, heard)
  return groups.flatMap(({ words, start, end }) => {
    const lengths = words.map(spokenLength)
    const total = lengths.reduce((sum, one) => sum + one, 0)
    let passed = 0
    return lengths.map((length) => {
      const began = start + ((end - start) * passed) / total
      passed += length
      return { start: began, end: start + ((end - start) * passed) / total }
    })
  })
}

interface Group extends Time {
  readonly words: readonly string[]
}

/** Puts together words with the words that were heard in their place: at least one of each. */
function grouped(texts: readonly string[], heard: readonly HeardText[]): readonly Group[] {
  const groups: Group[] = []
  let early: string[] = []
  let before: Time | undefined
  for (const { text, time } of likeness(texts, heard)) {
    const last = groups.at(-1)
    if (text !== undefined && time !== undefined) {
      const isBeside = before !== undefined && time.start - before.end <= besideS
      groups.push({ words: [...early, text], start: isBeside ? (before?.start ?? 0) : time.start, end: time.end })
      early = []
      before = undefined
    } else if (text !== undefined) {
      if (last === undefined) early.push(text)
      else groups[groups.length - 1] = { ...last, words: [...last.words, text] }
    } else if (time !== undefined) {
      if (last === undefined) before = before === undefined ? time : { ...before, end: time.end }
      else if (time.start - last.end <= besideS) groups[groups.length - 1] = { ...last, end: time.end }
    }
  }
  return groups
}

interface Pair {
  readonly text?: string
  readonly time?: Time
}

/** Another word in the place of one costs less than one too few and one too many. */
const costs = { other: 1, missing: 0.7 }

/** Pairs the words of two texts in their order, so that as few as possible differ. */
export function likeness(texts: readonly string[], heard: readonly HeardText[]): readonly Pair[] {
  const [one, other] = [texts.map(plainWord), heard.map(({ text }) => plainWord(text))]
  const rows: number[][] = [Array.from({ length: other.length + 1 }, (_, at) => at * costs.missing)]
  for (const [index, word] of one.entries()) {
    const above = rows[index] ?? []
    const row = [(index + 1) * costs.missing]
    for (const [at, same] of other.entries())
      row.push(
        Math.min(
          (above[at] ?? 0) + (word === same ? 0 : costs.other),
          (above[at + 1] ?? 0) + costs.missing,
          (row[at] ?? 0) + costs.missing,
        ),
      )
    rows.push(row)
  }
  const pairs: Pair[] = []
  let [left, right] = [one.length, other.length]
  while (left > 0 || right > 0) {
    const cost = rows[left]?.[right] ?? 0
    const [text, time] = [texts[left - 1], heard[right - 1]]
    const differs = one[left - 1] === other[right - 1] ? 0 : costs.other
    if (text !== undefined && time !== undefined && cost === (rows[left - 1]?.[right - 1] ?? 0) + differs) {
      pairs.push({ text, time })
      left -= 1
      right -= 1
    } else if (text !== undefined && (right === 0 || cost === (rows[left - 1]?.[right] ?? 0) + costs.missing)) {
      pairs.push({ text })
      left -= 1
    } else {
      if (time !== undefined) pairs.push({ time })
      right -= 1
    }
  }
  return pairs.reverse()
}

/** Returns a word as it is compared: without case and punctuation. */
export function plainWord(text: string): string {
  const plain = text.toLowerCase().replaceAll(/[^\p{L}\p{M}\p{N}]+/gu, '')
  return plain === '' ? text.trim() : plain
}
