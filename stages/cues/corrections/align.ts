/** Returns pairs of places of items that two lists have in common, in order and as many as there can be. */
export function commonPairs<T>(
  one: readonly T[],
  other: readonly T[],
  isSame: (a: T, b: T) => boolean,
): readonly (readonly [one: number, other: number])[] {
  const same = (a: number, b: number) => {
    const [x, y] = [one[a], other[b]]
    return x !== undefined && y !== undefined && isSame(x, y)
  }
  let head = 0
  while (head < one.length && head < other.length && same(head, head)) head += 1
  let tail = 0
  while (tail < one.length - head && tail < other.length - head && same(one.length - 1 - tail, other.length - 1 - tail))
    tail += 1
  const [rows, columns] = [one.length - head - tail, other.length - head - tail]
  const width = columns + 1
  // How many pairs the rests of both lists have.
  const lengths = new Uint32Array((rows + 1) * width)
  const at = (row: number, column: number) => lengths[row * width + column] ?? 0
  for (let row = rows - 1; row >= 0; row -= 1) {
    for (let column = columns - 1; column >= 0; column -= 1) {
      lengths[row * width + column] = same(head + row, head + column)
        ? at(row + 1, column + 1) + 1
        : Math.max(at(row + 1, column), at(row, column + 1))
    }
  }
  const pairs = Array.from({ length: head }, (_, index): readonly [number, number] => [index, index])
  for (let row = 0, column = 0; row < rows && column < columns; ) {
    if (same(head + row, head + column)) pairs.push([head + row++, head + column++])
    else if (at(row + 1, column) >= at(row, column + 1)) row += 1
    else column += 1
  }
  for (let left = tail; left > 0; left -= 1) pairs.push([one.length - left, other.length - left])
  return pairs
}

/** A word, and when about it is said. */
export interface HeardWord {
  readonly text: string
  readonly atMs: number
}

/** A stretch of words, and how many of those that were looked for are in it. */
export interface Stretch {
  readonly from: number
  readonly to: number
  readonly matches: number
}

const gapCost = 1
const matchGain = 2
/** Another word at the same place costs less than a missing and an added one. */
const otherCost = 0.9

/**
 * Returns the stretch of `words` that is most like all of `wanted`, in words and in time: an alignment of which only the
 * ends in `words` are free. Times that differ by `nearMs` or more do not count as near.
 */
export function findStretch(
  wanted: readonly HeardWord[],
  words: readonly HeardWord[],
  nearMs: number,
): Stretch | undefined {
  const width = words.length + 1
  const scores = new Float64Array((wanted.length + 1) * width)
  const steps = new Uint8Array(scores.length)
  const [pair, skipWanted, skipWord] = [1, 2, 3]
  const gain = (a: HeardWord | undefined, b: HeardWord | undefined) => {
    if (a === undefined || b === undefined) return Number.NEGATIVE_INFINITY
    const nearness = 1 - Math.min(1, Math.abs(a.atMs - b.atMs) / nearMs)
    return isSameWord(a.text, b.text) ? matchGain + nearness : nearness - 1 - otherCost
  }
  for (let row = 1; row <= wanted.length; row += 1) {
    for (let column = 0; column < width; column += 1) {
      const here = row * width + column
      let [best, step] = [(scores[here - width] ?? 0) - gapCost, skipWanted]
      if (column > 0) {
        const paired = (scores[here - width - 1] ?? 0) + gain(wanted[row - 1], words[column - 1])
        if (paired > best) [best, step] = [paired, pair]
        const skipped = (scores[here - 1] ?? 0) - gapCost
        if (skipped > best) [best, step] = [skipped, skipWord]
      }
      scores[here] = best
      steps[here] = step
    }
  }
  const last = wanted.length * width
  let to = 0
  for (let column = 1; column < width; column += 1)
    if ((scores[last + column] ?? 0) > (scores[last + to] ?? 0)) to = column
  let [row, column, matches, pairs] = [wanted.length, to, 0, 0]
  while (row > 0) {
    const step = steps[row * width + column]
    if (step === pair) {
      pairs += 1
      if (isSameWord(wanted[row - 1]?.text ?? '', words[column - 1]?.text ?? '')) matches += 1
    }
    if (step !== skipWord) row -= 1
    if (step !== skipWanted) column -= 1
  }
  return pairs === 0 ? undefined : { from: column, to, matches }
}

/** Words are the same without regard to case and punctuation, in which recognizers differ. */
export function isSameWord(one: string, other: string): boolean {
  return one === other || bareWord(one) === bareWord(other)
}

function bareWord(word: string): string {
  const bare = word
    .normalize('NFKC')
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\p{M}]/gu, '')
  return bare === '' ? word : bare
}
