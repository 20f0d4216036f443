/** Returns the words of a text as they are compared: without case, punctuation and accents of typography. */
export function comparedWords(text: string): readonly string[] {
  const plain = text.normalize('NFKC').toLowerCase().replaceAll('’', "'").replaceAll(/[-–—]/g, ' ')
  return plain
    .replaceAll(/\bmr\b\.?/g, 'mister')
    .replaceAll(/[^\p{L}\p{M}\p{N}' ]+/gu, ' ')
    .split(/\s+/)
    .flatMap((word) => (word === '' ? [] : [digits[word] ?? word]))
}

/** Recordings say numbers; recognizers write some as digits. */
const digits: Readonly<Record<string, string>> = Object.fromEntries(
  ['zero', 'one', 'two', 'three', 'four', 'five', 'six', 'seven', 'eight', 'nine', 'ten'].map((word, number) => [
    String(number),
    word,
  ]),
)

/** Returns how many words must be replaced, added or left out to make the truth of what was heard. */
export function wordErrors(truth: readonly string[], heard: readonly string[]): number {
  let row = Array.from({ length: heard.length + 1 }, (_, index) => index)
  for (const [index, word] of truth.entries()) {
    const next = [index + 1]
    for (const [at, other] of heard.entries()) {
      const replaced = (row[at] ?? 0) + (word === other ? 0 : 1)
      next.push(Math.min(replaced, (row[at + 1] ?? 0) + 1, (next[at] ?? 0) + 1))
    }
    row = next
  }
  return row.at(-1) ?? 0
}
