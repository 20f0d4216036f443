/** A stretch of time, in seconds. */
export interface Span {
  readonly fromS: number
  readonly toS: number
}

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
  const silences = gapsOf(anything, lengthS)
  return {
    talkS: speech.map((spans) => sumOf(joinedSpans(spans, 0))),
    longestTurnS: turns.map((spans) => Math.max(0, ...spans.map(({ fromS, toS }) => toS - fromS))),
    overlaps,
    interruptions: interruptionsOf(turns[0] ?? [], turns[1] ?? []) + interruptionsOf(turns[1] ?? [], turns[0] ?? []),
    deadAir: silences.filter(({ fromS, toS }) => toS - fromS > deadAirS),
    silenceS: sumOf(silences),
  }
}

/** Returns spans in order, those joined whose gap is at most so long. */
export function joinedSpans(spans: readonly Span[], gapS: number): readonly Span[] {
  const made: Span[] = []
  for (const span of spans.toSorted((one, other) => one.fromS - other.fromS)) {
    const before = made.at(-1)
    if (before !== undefined && span.fromS - before.toS <= gapS)
      made[made.length - 1] = { fromS: before.fromS, toS: Math.max(before.toS, span.toS) }
    else made.push(span)
  }
  return made
}

/** Returns when both lists of spans hold; each is in order, and its spans are apart. */
export function intersections(ones: readonly Span[], others: readonly Span[]): readonly Span[] {
  const made: Span[] = []
  let [at, beside] = [0, 0]
  for (
    let one = ones[at], other = others[beside];
    one !== undefined && other !== undefined;
    one = ones[at], other = others[beside]
  ) {
    const span = { fromS: Math.max(one.fromS, other.fromS), toS: Math.min(one.toS, other.toS) }
    if (span.toS > span.fromS) made.push(span)
    if (one.toS < other.toS) at += 1
    else beside += 1
  }
  return made
}

function gapsOf(spans: readonly Span[], lengthS: number): readonly Span[] {
  const gaps: Span[] = []
  let fromS = 0
  for (const span of spans) {
    if (span.fromS > fromS) gaps.push({ fromS, toS: span.fromS })
    fromS = Math.max(fromS, span.toS)
  }
  if (lengthS > fromS) gaps.push({ fromS, toS: lengthS })
  return gaps
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

export function sumOf(spans: readonly Span[]): number {
  return spans.reduce((sum, { fromS, toS }) => sum + toS - fromS, 0)
}
