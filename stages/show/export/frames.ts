/** A mark with a text, in milliseconds. */
export interface Mark {
  readonly label: string
  readonly startMs: number
  readonly endMs: number
}

/** Returns a time on the grid of frames at or before it. */
export function flooredMs(seconds: number, frameMs: number): number {
  // A millionth is added for times that are on the grid, and by a rounding not quite.
  return Math.floor((seconds * 1000 + 1e-6) / frameMs) * frameMs
}

/** Returns marks on the grid of frames; those that then have no length are left out. */
export function onFrames<T extends { readonly startS: number; readonly endS: number }>(
  spans: readonly T[],
  frameMs: number,
  labelOf: (span: T) => string,
): readonly Mark[] {
  let until = 0
  return spans.flatMap((span) => {
    const startMs = Math.max(until, flooredMs(span.startS, frameMs))
    const endMs = flooredMs(span.endS, frameMs)
    if (endMs <= startMs) return []
    until = endMs
    return [{ label: labelOf(span), startMs, endMs }]
  })
}

/** Returns marks that each last until the next one begins, the last one to the end. */
export function contiguous<T extends { readonly atS: number }>(
  moments: readonly T[],
  { frameMs, endS }: { readonly frameMs: number; readonly endS: number },
  labelOf: (moment: T) => string,
): readonly Mark[] {
  const spans = moments.map((moment, at) => ({ moment, startS: moment.atS, endS: moments[at + 1]?.atS ?? endS }))
  return onFrames(spans, frameMs, ({ moment }) => labelOf(moment))
}
