/** A stretch of a song; those that sound alike have the same label. */
export interface FoundSection {
  /** The first of its units, and the one after its last. */
  readonly from: number
  readonly to: number
  /** `A`, `B`, ... in the order in which they are first heard. */
  readonly label: string
  /** How clearly it begins, from 0 to 1; 1 for the first. */
  readonly confidence: number
}

/** What differs by less sounds the same. */
const leastDistance = 1
/** Units on each side of a boundary that are compared. */
const halfKernel = 8
const shortestUnits = 4
/** How far a peak of novelty stands out from the mean, in standard deviations. */
const noveltyDeviations = 0.3
/** What is less is chance: units on both sides of a boundary are not less alike than those on one side. */
const leastNovelty = 0.08
/** Music is mostly written in fours of bars: where the bar beside a peak would continue these, and is nearly as new, it is that. */
const barsTogether = 4
const nearlyAsNew = 0.92
/** Sections are the same where they are on average that alike; 1 is the same, 0 as unlike as the song's units usually are. */
const sameFrom = 0.45

/**
 * Finds the sections of a song from what its bars sound like, a vector each. They begin where a checkerboard along the
 * diagonal of the self-similarity matrix fits (Foote 2000), and are the same where the bars of one follow each other as those
 * of the other, which are diagonals of the recurrence matrix (McFee and Ellis 2014).
 */
export function sectionsOf(units: readonly Float64Array[]): readonly FoundSection[] {
  const count = units.length
  if (count === 0) return []
  const alike = alongDiagonals(similarities(units))
  const novelty = noveltyOf(alike)
  const starts = [0, ...boundariesIn(novelty)]
  const spans = starts.map((from, at) => ({ from, to: starts[at + 1] ?? count }))
  const labels = labelled(spans, alike)
  const most = Math.max(...novelty, 1e-9)
  return spans.map(({ from, to }, at) => ({
    from,
    to,
    label: labels[at] ?? '',
    confidence: from === 0 ? 1 : Math.max(0, Math.min(1, (novelty[from] ?? 0) / most)),
  }))
}

type Matrix = readonly Float64Array[]

/** Returns how alike two units are: 1 for the same, 0 for the middle of all pairs, less for others. */
function similarities(units: readonly Float64Array[]): Matrix {
  const distances = units.map((one) => Float64Array.from(units, (other) => distance(one, other)))
  const all = distances.flatMap((row, at) => [...row.subarray(at + 1)]).sort((one, other) => one - other)
  const middle = Math.max(all[all.length >> 1] ?? 0, leastDistance)
  return distances.map((row) => row.map((value) => Math.max(-1, 1 - value / middle)))
}

function distance(one: Float64Array, other: Float64Array): number {
  let sum = 0
  for (const [at, value] of one.entries()) sum += (value - (other[at] ?? 0)) ** 2
  return Math.sqrt(sum)
}

/** Returns the means along short diagonals: a repetition is several units after each other. */
function alongDiagonals(matrix: Matrix): Matrix {
  const reach = 1
  return matrix.map((row, i) =>
    row.map((_, j) => {
      let [sum, count] = [0, 0]
      for (let shift = -reach; shift <= reach; shift++) {
        const value = matrix[i + shift]?.[j + shift]
        if (value === undefined) continue
        sum += value
        count++
      }
      return sum / count
    }),
  )
}

function noveltyOf(matrix: Matrix): Float64Array {
  return Float64Array.from(matrix, (_, at) => {
    // At the song's ends, what there is on the shorter side is compared.
    const half = Math.min(halfKernel, at, matrix.length - at)
    if (half < 2) return 0
    let [sum, weights] = [0, 0]
    for (let i = -half; i < half; i++) {
      for (let j = -half; j < half; j++) {
        const weight = Math.exp(-2 * (((i + 0.5) / half) ** 2 + ((j + 0.5) / half) ** 2))
        const sign = i < 0 === j < 0 ? 1 : -1
        sum += sign * weight * (matrix[at + i]?.[at + j] ?? 0)
        weights += weight
      }
    }
    // A short comparison says less.
    return (sum / weights) * Math.sqrt(half / halfKernel)
  })
}

function boundariesIn(novelty: Float64Array): readonly number[] {
  const mean = novelty.reduce((sum, value) => sum + value, 0) / novelty.length
  const deviation = Math.sqrt(novelty.reduce((sum, value) => sum + (value - mean) ** 2, 0) / novelty.length)
  const least = Math.max(leastNovelty, mean + noveltyDeviations * deviation)
  const peaks = [...novelty.keys()]
    .filter(
      (at) => (novelty[at] ?? 0) > least && (novelty[at] ?? 0) >= Math.max(novelty[at - 1] ?? 0, novelty[at + 1] ?? 0),
    )
    .sort((one, other) => (novelty[other] ?? 0) - (novelty[one] ?? 0))
  const chosen: number[] = []
  const inFours = (peak: number) => {
    const [near] = [peak - 1, peak + 1].filter((at) => at % barsTogether === 0)
    return near !== undefined && (novelty[near] ?? 0) >= nearlyAsNew * (novelty[peak] ?? 0) ? near : peak
  }
  for (const peak of peaks.map(inFours)) {
    const others = [0, novelty.length, ...chosen]
    if (others.every((other) => Math.abs(other - peak) >= shortestUnits)) chosen.push(peak)
  }
  return chosen.sort((one, other) => one - other)
}

interface Span {
  readonly from: number
  readonly to: number
}

/** Joins the two groups of sections that are most alike, on average, again and again; returns the label of each section. */
function labelled(spans: readonly Span[], alike: Matrix): readonly string[] {
  const pairs = spans.map((one) => spans.map((other) => sameness(one, other, alike)))
  let groups = spans.map((_, at) => [at])
  while (groups.length > 1) {
    let best = { fit: sameFrom, one: -1, other: -1 }
    for (const [one, group] of groups.entries()) {
      for (const [other, rival] of groups.entries()) {
        if (other <= one) continue
        const fits = group.flatMap((i) => rival.map((j) => pairs[i]?.[j] ?? 0))
        const fit = fits.reduce((sum, value) => sum + value, 0) / fits.length
        if (fit >= best.fit) best = { fit, one, other }
      }
    }
    if (best.one < 0) break
    const joined = [...(groups[best.one] ?? []), ...(groups[best.other] ?? [])]
    groups = [...groups.filter((_, at) => at !== best.one && at !== best.other), joined]
  }
  const ordered = groups.map((group) => Math.min(...group)).sort((one, other) => one - other)
  return spans.map((_, at) => {
    const group = groups.find((members) => members.includes(at)) ?? [at]
    return letters(ordered.indexOf(Math.min(...group)))
  })
}

/** Returns how alike two sections are where the shorter one is laid along the longer one as well as it can be. */
function sameness(one: Span, other: Span, alike: Matrix): number {
  const [short, long] = one.to - one.from <= other.to - other.from ? [one, other] : [other, one]
  const length = short.to - short.from
  const spare = long.to - long.from - length
  // A short section is somewhere in many long ones: then it is not the same.
  if (spare > length) return -1
  let best = Number.NEGATIVE_INFINITY
  for (let shift = 0; shift <= spare; shift++) {
    let sum = 0
    for (let at = 0; at < length; at++) sum += alike[short.from + at]?.[long.from + shift + at] ?? 0
    best = Math.max(best, sum / length)
  }
  return best
}

/** Returns `A` to `Z`, then `A1` and so on. */
function letters(index: number): string {
  const letter = String.fromCharCode(65 + (index % 26))
  return index < 26 ? letter : `${letter}${Math.floor(index / 26)}`
}
