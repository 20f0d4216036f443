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

/** A recording whose speech is told apart from that of others. */
interface Talking {
  readonly leg: LoneLeg
  readonly folder: string
  readonly speech: readonly Span[]
  readonly spokenS: number
}

/** Returns the recordings of one folder that are equally long, and in which one speaks while the other is silent. */
export function pairedBySpeech(legs: readonly LoneLeg[]): readonly Pair[] {
  const talking = legs.map((leg): Talking => {
    const speech = joinedSpans(leg.speech ?? [], 0)
    return { leg, folder: posix.dirname(leg.path), speech, spokenS: sumOf(speech) }
  })
  const heard = talking.filter(({ spokenS }) => spokenS >= leastSpeechS)
  const best = heard.map((one) => bestPartner(one, heard))
  return heard.flatMap(({ leg }, index): Pair[] => {
    const partner = best[index] ?? -1
    const other = heard[partner]?.leg
    return other !== undefined && best[partner] === index && leg.path < other.path ? [[leg, other]] : []
  })
}

/** Returns which of the others fits best, and much better than the next; -1 where none does. */
function bestPartner(one: Talking, others: readonly Talking[]): number {
  let [first, second, partner] = [Number.NEGATIVE_INFINITY, 0, -1]
  for (const [index, other] of others.entries()) {
    if (other === one || other.folder !== one.folder || !areAlike(one.leg, other.leg)) continue
    const score = turnTaking(one, other)
    if (score > first) [first, second, partner] = [score, Math.max(second, first), index]
    else second = Math.max(second, score)
  }
  return first >= leastTurnTaking && first - second >= lead ? partner : -1
}

/** Whether two recordings are equally long, whichever of them is asked. */
function areAlike(one: LoneLeg, other: LoneLeg): boolean {
  const longerS = Math.max(one.durationS, other.durationS)
  return Math.abs(one.durationS - other.durationS) <= Math.max(togetherS, 0.03 * longerS)
}

/** Returns how much less two speak at once than by chance: 0 for strangers, up to 1 for two who never interrupt each other. */
function turnTaking(one: Talking, other: Talking): number {
  const lengthS = Math.max(one.leg.durationS, other.leg.durationS)
  const byChanceS = (one.spokenS * other.spokenS) / lengthS
  return (byChanceS - sumOf(intersections(one.speech, other.speech))) / Math.min(one.spokenS, other.spokenS)
}
