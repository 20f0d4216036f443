import type { Chroma } from './chroma.ts'

export const noteNames = ['C', 'C#', 'D', 'D#', 'E', 'F', 'F#', 'G', 'G#', 'A', 'A#', 'B'] as const

export interface Key {
  readonly tonic: (typeof noteNames)[number]
  readonly mode: 'major' | 'minor'
  /** How much better it fits than the next best key, from 0 to 1. */
  readonly confidence: number
}

/** How well each note fits a key, from its tonic on (Krumhansl and Kessler 1982). */
const profiles = {
  major: [6.35, 2.23, 3.48, 2.33, 4.38, 4.09, 2.52, 5.19, 2.39, 3.66, 2.29, 2.88],
  minor: [6.33, 2.68, 3.52, 5.38, 2.6, 3.53, 2.54, 4.75, 3.98, 2.69, 3.34, 3.17],
} as const

/** Returns the key whose profile correlates best with a song's notes; undefined where nothing sounds. */
export function keyOf(chroma: Chroma): Key | undefined {
  const sums = new Float64Array(12)
  for (const frame of chroma) for (const [note, value] of frame.entries()) sums[note] = (sums[note] ?? 0) + value
  if (Math.max(...sums) <= 0) return undefined
  const keys = (['major', 'minor'] as const).flatMap((mode) =>
    noteNames.map((tonic, at) => {
      const profile = profiles[mode]
      return {
        tonic,
        mode,
        fit: correlation(
          sums,
          profile.map((_, note) => profile[(note - at + 12) % 12] ?? 0),
        ),
      }
    }),
  )
  const [best, second] = keys.sort((one, other) => other.fit - one.fit)
  if (best === undefined) return undefined
  const confidence = Math.max(0, Math.min(1, (best.fit - Math.max(0, second?.fit ?? 0)) * 5 + best.fit / 2))
  return { tonic: best.tonic, mode: best.mode, confidence: Math.min(confidence, Math.max(0, best.fit)) }
}

function correlation(one: ArrayLike<number>, other: readonly number[]): number {
  const mean = (values: ArrayLike<number>) => Array.from(values).reduce((sum, value) => sum + value, 0) / values.length
  const [first, second] = [mean(one), mean(other)]
  let [product, squares, others] = [0, 0, 0]
  for (const [at, value] of other.entries()) {
    const [a, b] = [(one[at] ?? 0) - first, value - second]
    product += a * b
    squares += a * a
    others += b * b
  }
  return product / Math.sqrt(squares * others + 1e-12)
}
