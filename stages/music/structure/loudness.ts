import { Weighted } from '../../sound/loudness-meter.ts'
import { runningSum } from '../beats/beat-pointer.ts'

/** How long a moment is, and how often it is measured, in seconds (EBU Tech 3341: momentary loudness). */
const momentS = 0.4
export const loudnessStepS = 0.1
/** What is less is silence. */
export const silenceLufs = -70

/**
 * Returns the momentary loudness of one channel, in LUFS, a value each tenth of a second, of the four tenths around it
 * (ITU-R BS.1770-4, without its gate).
 */
export function momentaryLoudness(samples: Float32Array, rateHz: number): Float32Array {
  const weighting = new Weighted(rateHz)
  const energy = runningSum(samples.map((sample) => weighting.next(sample) ** 2))
  const count = Math.max(1, Math.round(samples.length / rateHz / loudnessStepS))
  return Float32Array.from({ length: count }, (_, step) => {
    const centre = step * loudnessStepS * rateHz
    const from = Math.max(0, Math.round(centre - (momentS / 2) * rateHz))
    const to = Math.min(samples.length, Math.round(centre + (momentS / 2) * rateHz))
    const meanSquare = ((energy[to] ?? 0) - (energy[from] ?? 0)) / Math.max(1, to - from)
    return Math.max(silenceLufs, -0.691 + 10 * Math.log10(meanSquare + 1e-12))
  })
}
