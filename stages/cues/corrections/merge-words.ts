import { commonPairs, isSameWord } from './align.ts'

/** A word of a merge, and about where it stands in what is computed now and in what the person wrote. */
export interface MergedWord {
  readonly text: string
  readonly now: number
  readonly yours: number
}

export interface MergedWords {
  readonly words: readonly MergedWord[]
  /** Whether both changed the same words, in different ways. The words are then those of the person. */
  readonly isConflict: boolean
}

interface Versions<T> {
  readonly base: T
  readonly now: T
  readonly yours: T
}

/**
 * Merges the words that are computed now with those of a person; both come from `base`. What one of them changed is
 * changed; where both did, the person's words are taken (diff3, Khanna, Kunal and Pierce 2007).
 */
export function mergeWords({ base, now, yours }: Versions<readonly string[]>): MergedWords {
  const inNow = new Map(commonPairs(base, now, isSameWord))
  const inYours = new Map(commonPairs(base, yours, isSameWord))
  const words: MergedWord[] = []
  let isConflict = false
  let at = { base: 0, now: 0, yours: 0 }
  const mergeUntil = (end: Versions<number>) => {
    const chunk = mergeChunk({
      base: base.slice(at.base, end.base),
      now: now.slice(at.now, end.now),
      yours: yours.slice(at.yours, end.yours),
    })
    isConflict ||= chunk.isConflict
    const share = (index: number, of: 'now' | 'yours') => {
      const span = end[of] - at[of]
      return span === 0 ? Math.max(0, at[of] - 1) : at[of] + Math.floor((index * span) / chunk.words.length)
    }
    for (const [index, text] of chunk.words.entries())
      words.push({ text, now: share(index, 'now'), yours: share(index, 'yours') })
  }
  for (const [place, word] of base.entries()) {
    const [nowPlace, yoursPlace] = [inNow.get(place), inYours.get(place)]
    if (nowPlace === undefined || yoursPlace === undefined) continue
    mergeUntil({ base: place, now: nowPlace, yours: yoursPlace })
    const [nowWord = word, yourWord = word] = [now[nowPlace], yours[yoursPlace]]
    words.push({ text: yourWord === word ? nowWord : yourWord, now: nowPlace, yours: yoursPlace })
    at = { base: place + 1, now: nowPlace + 1, yours: yoursPlace + 1 }
  }
  mergeUntil({ base: base.length, now: now.length, yours: yours.length })
  return { words, isConflict }
}

function mergeChunk({ base, now, yours }: Versions<readonly string[]>): {
  readonly words: readonly string[]
  readonly isConflict: boolean
} {
  const isOwn = (place: number) => yours[place] !== base[place]
  if (isSameText(base, yours) && !yours.some((_, place) => isOwn(place))) return { words: now, isConflict: false }
  if (isSameText(base, now) || isSameText(now, yours)) return { words: yours, isConflict: false }
  // Changes of neighbouring words do not concern each other where the words can be told one from one.
  if (base.length === now.length && base.length === yours.length) {
    const isApart = base.every((word, place) => {
      const [nowWord = '', yourWord = ''] = [now[place], yours[place]]
      return isSameWord(word, nowWord) || !isOwn(place) || isSameWord(nowWord, yourWord)
    })
    const words = yours.map((word, place) => (isOwn(place) ? word : (now[place] ?? word)))
    return { words, isConflict: !isApart }
  }
  return { words: yours, isConflict: true }
}

/** Returns whether two texts have the same words. */
export function isSameText(one: readonly string[], other: readonly string[]): boolean {
  return one.length === other.length && one.every((word, place) => isSameWord(word, other[place] ?? ''))
}
