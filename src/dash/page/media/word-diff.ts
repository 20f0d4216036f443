/** A part of two texts: in both, or in one of them. */
export interface Piece {
  readonly kind: 'same' | 'removed' | 'added'
  readonly text: string
}

/** The table of a longest common sequence has so many fields at most; longer texts are compared by lines. */
const fieldsMax = 4_000_000

/** Returns what two texts have in common, and what only one has, by words, or by lines where they are long. */
export function diffOf(before: string, after: string): readonly Piece[] {
  const words = (text: string) => text.match(/\s+|[\p{L}\p{N}]+|[^\s\p{L}\p{N}]/gu) ?? []
  const lines = (text: string) => text.match(/[^\n]*\n|[^\n]+$/g) ?? []
  const byWords = [words(before), words(after)] as const
  if (byWords[0].length * byWords[1].length <= fieldsMax) return piecesOf(...byWords)
  const byLines = [lines(before), lines(after)] as const
  if (byLines[0].length * byLines[1].length <= fieldsMax) return piecesOf(...byLines)
  return [
    { kind: 'removed', text: before },
    { kind: 'added', text: after },
  ]
}

function piecesOf(a: readonly string[], b: readonly string[]): readonly Piece[] {
  let start = 0
  while (start < a.length && start < b.length && a[start] === b[start]) start += 1
  let ends = 0
  while (ends < a.length - start && ends < b.length - start && a.at(-1 - ends) === b.at(-1 - ends)) ends += 1
  const [from, to] = [a.slice(start, a.length - ends), b.slice(start, b.length - ends)]
  return joined([
    ...a.slice(0, start).map((text) => ({ kind: 'same', text }) as const),
    ...changes(from, to),
    ...a.slice(a.length - ends).map((text) => ({ kind: 'same', text }) as const),
  ])
}

function changes(a: readonly string[], b: readonly string[]): readonly Piece[] {
  const wide = b.length + 1
  /** How long the longest common sequence of what follows is. */
  const lengths = new Uint16Array((a.length + 1) * wide)
  const lengthAt = (i: number, j: number) => lengths[i * wide + j] ?? 0
  for (let i = a.length - 1; i >= 0; i--)
    for (let j = b.length - 1; j >= 0; j--)
      lengths[i * wide + j] =
        a[i] === b[j] ? lengthAt(i + 1, j + 1) + 1 : Math.max(lengthAt(i + 1, j), lengthAt(i, j + 1))
  const pieces: Piece[] = []
  let [i, j] = [0, 0]
  while (i < a.length || j < b.length) {
    if (i < a.length && j < b.length && a[i] === b[j]) {
      pieces.push({ kind: 'same', text: a[i] ?? '' })
      i += 1
      j += 1
    } else if (j >= b.length || (i < a.length && lengthAt(i + 1, j) >= lengthAt(i, j + 1)))
      pieces.push({ kind: 'removed', text: a[i++] ?? '' })
    else pieces.push({ kind: 'added', text: b[j++] ?? '' })
  }
  return pieces
}

function joined(pieces: readonly Piece[]): readonly Piece[] {
  const all: Piece[] = []
  for (const piece of pieces) {
    const last = all.at(-1)
    if (last?.kind === piece.kind) all[all.length - 1] = { ...last, text: last.text + piece.text }
    else all.push(piece)
  }
  return all
}
