/** A stretch of time, in seconds. */
export interface Span {
  readonly fromS: number
  readonly toS: number
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

/** Returns what is left of a length, from 0 on, without some spans, which are in order. */
export function spansWithout(lengthS: number, spans: readonly Span[]): readonly Span[] {
  const left: Span[] = []
  let fromS = 0
  for (const span of spans) {
    if (span.fromS > fromS) left.push({ fromS, toS: span.fromS })
    fromS = Math.max(fromS, span.toS)
  }
  if (lengthS > fromS) left.push({ fromS, toS: lengthS })
  return left
}

/** Returns how long spans are together, in seconds. */
export function sumOf(spans: readonly Span[]): number {
  return spans.reduce((sum, { fromS, toS }) => sum + toS - fromS, 0)
}
