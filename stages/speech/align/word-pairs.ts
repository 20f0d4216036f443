import { likeness, plainWord } from './word-times.ts'

/** A word of a text and the word that was heard in its place, by their positions. */
export interface WordPair {
  readonly text: number
  readonly heard: number
  readonly isSame: boolean
}

/** So many words in a row that stand once in both texts are surely the same place. */
const anchorWords = 3
/** Between two such places, more pairs of words than this are not compared: it would take minutes. */
const mostCompared = 4_000_000

/**
 * Pairs the words of a text with the words that were heard, both in their order. Places that are surely the same divide
 * them (patience diff), so that hours are compared as fast as minutes.
 */
export function wordPairs(texts: readonly string[], heard: readonly string[]): readonly WordPair[] {
  const [one, other] = [texts.map(plainWord), heard.map(plainWord)]
  const pairs: WordPair[] = []
  let [text, word] = [0, 0]
  const compare = (textEnd: number, wordEnd: number) => {
    if ((textEnd - text) * (wordEnd - word) <= mostCompared) pairs.push(...compared(text, textEnd, word, wordEnd))
    text = textEnd
    word = wordEnd
  }
  const compared = (fromText: number, toText: number, fromHeard: number, toHeard: number): WordPair[] => {
    const found: WordPair[] = []
    let [left, right] = [fromText, fromHeard]
    const times = heard.slice(fromHeard, toHeard).map((spoken) => ({ text: spoken, start: 0, end: 0 }))
    for (const { text: isText, time: isHeard } of likeness(texts.slice(fromText, toText), times)) {
      if (isText !== undefined && isHeard !== undefined)
        found.push({ text: left, heard: right, isSame: one[left] === other[right] })
      if (isText !== undefined) left += 1
      if (isHeard !== undefined) right += 1
    }
    return found
  }
  for (const anchor of inOrder(anchorsOf(one, other))) {
    if (anchor.text < text || anchor.heard < word) continue
    compare(anchor.text, anchor.heard)
    for (let at = 0; at < anchorWords; at += 1)
      pairs.push({ text: anchor.text + at, heard: anchor.heard + at, isSame: true })
    text = anchor.text + anchorWords
    word = anchor.heard + anchorWords
  }
  compare(texts.length, heard.length)
  return pairs
}

interface Anchor {
  readonly text: number
  readonly heard: number
}

/** Returns the places of what stands once in either text, in the order of the first. */
function anchorsOf(one: readonly string[], other: readonly string[]): readonly Anchor[] {
  const [ones, others] = [placesOf(one), placesOf(other)]
  return [...ones].flatMap(([words, text]) => {
    const heard = others.get(words)
    return text === undefined || heard === undefined ? [] : [{ text, heard }]
  })
}

/** Returns where each few words in a row stand; undefined for those that stand there more than once. */
function placesOf(words: readonly string[]): ReadonlyMap<string, number | undefined> {
  const places = new Map<string, number | undefined>()
  for (let at = 0; at + anchorWords <= words.length; at += 1) {
    const key = words.slice(at, at + anchorWords).join(' ')
    places.set(key, places.has(key) ? undefined : at)
  }
  return places
}

/** Returns the most anchors whose places rise in both texts (the longest increasing subsequence, by patience sorting). */
function inOrder(anchors: readonly Anchor[]): readonly Anchor[] {
  /** The last anchor of the best row of each length, and what comes before each anchor. */
  const ends: number[] = []
  const before: (number | undefined)[] = []
  for (const [index, { heard }] of anchors.entries()) {
    let [low, high] = [0, ends.length]
    while (low < high) {
      const middle = (low + high) >> 1
      if ((anchors[ends[middle] ?? 0]?.heard ?? 0) < heard) low = middle + 1
      else high = middle
    }
    before.push(ends[low - 1])
    ends[low] = index
  }
  const row: Anchor[] = []
  for (let at = ends.at(-1); at !== undefined; at = before[at]) {
    const anchor = anchors[at]
    if (anchor !== undefined) row.push(anchor)
  }
  return row.reverse()
}
