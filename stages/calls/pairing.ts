import { posix } from 'node:path'
import { startOf } from './names.ts'
import { intersections, joinedSpans, type Span, sumOf } from './spans.ts'

/** A recording of one channel that may be a side of a call. */
export interface LoneLeg {
  readonly path: string
  readonly durationS: number
  /** When somebody speaks in it, where that is known. */
  readonly speech?: readonly Span[]
}

export type Pair = readonly [one: LoneLeg, other: LoneLeg]

/** The sides of one call begin and end within so long. */
const togetherS = 3

/** Returns the recordings of one folder that began within 3 s, by their names, and are equally long. No third one may be. */
export function pairedByTimes(legs: readonly LoneLeg[]): readonly Pair[] {
  const begun = legs.flatMap((leg) => {
    const start = startOf(leg.path)
    return start === undefined ? [] : [{ leg, atS: Date.parse(`${start}Z`) / 1000 }]
  })
  const areTogether = (one: (typeof begun)[number], other: (typeof begun)[number]) =>
    posix.dirname(one.leg.path) === posix.dirname(other.leg.path) &&
    Math.abs(one.atS - other.atS) <= togetherS &&
    areAlike(one.leg, other.leg)
  const partners = begun.map((one) => begun.filter((other) => other !== one && areTogether(one, other)))
  return begun.flatMap((one, index): Pair[] => {
    const [other, third] = partners[index] ?? []
    if (other === undefined || third !== undefined || partners[begun.indexOf(other)]?.length !== 1) return []
    return one.leg.path < other.leg.path ? [[one.leg, other.leg]] : []
  })
}

/** How much less two people speak at once than two strangers would, as a share of what the quieter one says. */
const leastTurnTaking = 0.25
/** The next best partner is so much worse. */
const lead = 0.1
/** Less speech tells nothing. */
const leastSpeechS = 5

/** Returns the recordings of one folder that are equally long, and in which one speaks while the other is silent. */
export function pairedBySpeech(legs: readonly LoneLeg[]): readonly Pair[] {
  const talking = legs.filter(({ speech = [] }) => sumOf(speech) >= leastSpeechS)
  const scores = talking.map((one) =>
    talking.map((other) =>
      one === other || posix.dirname(one.path) !== posix.dirname(other.path) || !areAlike(one, other)
        ? Number.NEGATIVE_INFINITY
        : turnTaking(one, other),
    ),
  )
  const best = scores.map((row) => {
    const [first = Number.NEGATIVE_INFINITY, second = Number.NEGATIVE_INFINITY] = row.toSorted(
      (one, other) => other - one,
    )
    return first >= leastTurnTaking && first - Math.max(0, second) >= lead ? row.indexOf(first) : -1
  })
  return talking.flatMap((one, index): Pair[] => {
    const partner = best[index] ?? -1
    const other = talking[partner]
    return other !== undefined && best[partner] === index && one.path < other.path ? [[one, other]] : []
  })
}

/** Whether two recordings are equally long, whichever of them is asked. */
function areAlike(one: LoneLeg, other: LoneLeg): boolean {
  const longerS = Math.max(one.durationS, other.durationS)
  return Math.abs(one.durationS - other.durationS) <= Math.max(togetherS, 0.03 * longerS)
}

/** Returns how much less two speak at once than by chance: 0 for strangers, up to 1 for two who never interrupt each other. */
function turnTaking(one: LoneLeg, other: LoneLeg): number {
  const [a, b] = [joinedSpans(one.speech ?? [], 0), joinedSpans(other.speech ?? [], 0)]
  const lengthS = Math.max(one.durationS, other.durationS)
  const [aS, bS] = [sumOf(a), sumOf(b)]
  const byChanceS = (aS * bS) / lengthS
  return (byChanceS - sumOf(intersections(a, b))) / Math.min(aS, bS)
}
