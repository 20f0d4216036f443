import { intersections, joinedSpans, type Span, spansWithout, sumOf } from '../spans.ts'

/** A pause shorter than this is inside of one's turn. */
const turnPauseS = 0.7
/** Less is a breath or an `mhm`, and no overlap. */
const shortestOverlapS = 0.25

/** What two sides of a call, or one, do with its time. */
export interface Talk {
  readonly talkS: readonly number[]
  readonly longestTurnS: readonly number[]
  readonly overlaps: readonly Span[]
  readonly interruptions: number
  readonly deadAir: readonly Span[]
  readonly silenceS: number
}

export interface TalkRequest {
  /** When each side speaks. */
  readonly speech: readonly (readonly Span[])[]
  /** When anything is heard of each side. */
  readonly heard: readonly (readonly Span[])[]
  readonly lengthS: number
  readonly deadAirS: number
}

/** Returns who speaks how long, when both do, and when nothing is heard. */
export function talkOf({ speech, heard, lengthS, deadAirS }: TalkRequest): Talk {
  const turns = speech.map((spans) => joinedSpans(spans, turnPauseS))
  const [one = [], other = []] = speech
  const overlaps = intersections(one, other).filter(({ fromS, toS }) => toS - fromS >= shortestOverlapS)
  const anything = joinedSpans(heard.flat(), 0)
  const silences = spansWithout(lengthS, anything)
  return {
    talkS: speech.map((spans) => sumOf(joinedSpans(spans, 0))),
    longestTurnS: turns.map((spans) => Math.max(0, ...spans.map(({ fromS, toS }) => toS - fromS))),
    overlaps,
    interruptions: interruptionsOf(turns[0] ?? [], turns[1] ?? []) + interruptionsOf(turns[1] ?? [], turns[0] ?? []),
    deadAir: silences.filter(({ fromS, toS }) => toS - fromS > deadAirS),
    silenceS: sumOf(silences),
  }
}

/** Counts the turns that begin inside a turn of the other side, and last longer than it. */
function interruptionsOf(turns: readonly Span[], others: readonly Span[]): number {
  return turns.filter((turn) =>
    others.some(
      (other) =>
        turn.fromS > other.fromS + 0.5 &&
        turn.fromS < other.toS - shortestOverlapS &&
        turn.toS > other.toS + shortestOverlapS,
    ),
  ).length
}
