import { type Evidence, sumAt } from './evidence.ts'

/** How much before and after a time voice is compared, in seconds. */
const windowS = 0.25
/** A cue that begins this shortly after another says little of when somebody begins to speak. */
export const pauseBeforeS = 0.2

/** Returns how much more voice there is after a time than before it, from -1 to 1. */
export function onsetAt(evidence: Evidence, atS: number): number {
  const voice = (time: number) => sumAt(evidence.voice, evidence, time)
  const at = voice(atS)
  return ((voice(atS + windowS) - at - (at - voice(atS - windowS))) * evidence.frameS) / windowS
}

/** Returns the mean of `onsetAt` over times. */
export function meanOnset(evidence: Evidence, times: readonly number[]): number {
  return times.reduce((sum, atS) => sum + onsetAt(evidence, atS), 0) / Math.max(1, times.length)
}

/** Subtitles come up to this much before what is said, and after it, in seconds. */
const [earlyS, lateS] = [0.45, 0.2]

/**
 * Returns how surely voice begins where cues do, wherever within their usual tolerance: the mean of `onsetAt`, times the root
 * of how many cues there are. Over 600 made pairs of cues and films that do not belong together, it was at most 0.93; of
 * cues in their place it is 1.5 in a minute, and 7 in twenty.
 */
export function onsetSureness(evidence: Evidence, times: readonly number[]): number {
  let most = Number.NEGATIVE_INFINITY
  for (let shiftS = -lateS; shiftS <= earlyS; shiftS += 0.05) {
    const moved = times.map((atS) => atS + shiftS)
    most = Math.max(most, meanOnset(evidence, moved))
  }
  return times.length === 0 ? 0 : most * Math.sqrt(times.length)
}

/** Less better than as it is, is no better. */
const leastGain = 0.02

/** Returns by how much times have to be moved for voice to begin at them, within a reach. */
export function bestShift(evidence: Evidence, times: readonly number[], reachS: number): number {
  const stepS = 0.005
  const steps = Math.round(reachS / stepS)
  const mean = (shiftS: number) =>
    meanOnset(
      evidence,
      times.map((atS) => atS + shiftS),
    )
  let best = { shiftS: 0, mean: mean(0) + leastGain }
  for (let step = -steps; step <= steps; step += 1) {
    const one = { shiftS: step * stepS, mean: mean(step * stepS) }
    if (one.mean > best.mean) best = one
  }
  return best.shiftS
}
