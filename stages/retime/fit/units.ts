/** A cue of the file that is to be fitted. */
export interface FittedCue {
  readonly startS: number
  readonly endS: number
  /** Its words, as they are compared: in small letters, without signs. Only where words are recognized. */
  readonly words: readonly string[]
}

/** Cues that overlap, which are moved together, with the pause around them. Times are those of the file. */
export interface Unit {
  readonly startS: number
  readonly endS: number
  /** How long nothing is shown before and after it, as far as that counts. */
  readonly beforeS: number
  readonly afterS: number
  /** Indices of cues. */
  readonly cues: readonly number[]
}

/** Of a longer pause, only the parts beside the cues say where these belong. */
const countedPauseS = 2
/** What is shown for longer is no speech: a title, a sign, a watermark. */
const longestCueS = 15
const longestUnitS = 20

/** Returns cues as units in the order of time. Cues that say nothing of speech are in the unit that is next to them. */
export function unitsOf(cues: readonly FittedCue[]): readonly Unit[] {
  const order = cues
    .map(({ startS, endS }, index) => ({ startS, endS, index }))
    .sort((one, other) => one.startS - other.startS || one.endS - other.endS)
  const merged: { startS: number; endS: number; cues: number[] }[] = []
  const aside: { startS: number; index: number }[] = []
  for (const { startS, endS, index } of order) {
    if (endS <= startS || endS - startS > longestCueS) {
      aside.push({ startS, index })
      continue
    }
    const last = merged.at(-1)
    const overlaps = last !== undefined && startS < last.endS - 0.05 && endS - last.startS <= longestUnitS
    if (last !== undefined && overlaps) {
      last.endS = Math.max(last.endS, endS)
      last.cues.push(index)
    } else merged.push({ startS, endS, cues: [index] })
  }
  for (const { startS, index } of aside) {
    const next = merged.findIndex((unit) => unit.startS > startS)
    const unit = merged[next < 0 ? merged.length - 1 : Math.max(0, next - 1)]
    unit?.cues.push(index)
  }
  return merged.map((unit, index) => {
    const before = merged[index - 1]
    const after = merged[index + 1]
    const pause = (gapS: number) => Math.max(0, Math.min(gapS / 2, countedPauseS))
    return {
      ...unit,
      beforeS: before === undefined ? countedPauseS : pause(unit.startS - before.endS),
      afterS: after === undefined ? countedPauseS : pause(after.startS - unit.endS),
    }
  })
}
