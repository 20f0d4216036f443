import { Weighted } from '../../sound/loudness-meter.ts'
import type { Samples } from '../signal/samples.ts'

/** How long a moment is, and how often it is measured, in seconds (EBU Tech 3341: momentary loudness). */
const momentS = 0.4
export const loudnessStepS = 0.1
/** How many samples are looked at together. */
const blockSamples = 4096
/** What is less is silence. */
export const silenceLufs = -70

/**
 * Returns the momentary loudness of one channel, in LUFS, a value each tenth of a second, of the four tenths around it
 * (ITU-R BS.1770-4, without its gate).
 */
export function momentaryLoudness(samples: Samples, rateHz: number): Float32Array {
  const count = Math.max(1, Math.round(samples.length / rateHz / loudnessStepS))
  const spans = Array.from({ length: count }, (_, step) => {
    const centre = step * loudnessStepS * rateHz
    return {
      from: Math.max(0, Math.round(centre - (momentS / 2) * rateHz)),
      to: Math.min(samples.length, Math.round(centre + (momentS / 2) * rateHz)),
    }
  })
  const energyTo = energiesUpTo(samples, rateHz, [...new Set(spans.flatMap(({ from, to }) => [from, to]))])
  return Float32Array.from(spans, ({ from, to }) => {
    const meanSquare = ((energyTo.get(to) ?? 0) - (energyTo.get(from) ?? 0)) / Math.max(1, to - from)
    return Math.max(silenceLufs, -0.691 + 10 * Math.log10(meanSquare + 1e-12))
  })
}

/** Returns the energy of all samples before each of some places: that before every sample of an hour would take 600 MB. */
function energiesUpTo(samples: Samples, rateHz: number, places: readonly number[]): ReadonlyMap<number, number> {
  const weighting = new Weighted(rateHz)
  const energies = new Map<number, number>()
  let [sum, at] = [0, 0]
  for (const place of places.toSorted((one, other) => one - other)) {
    for (; at < place; at += blockSamples) {
      const block = samples.subarray(at, Math.min(at + blockSamples, place))
      for (const sample of block) sum += Math.fround(weighting.next(sample) ** 2)
    }
    at = place
    energies.set(place, sum)
  }
  return energies
}
