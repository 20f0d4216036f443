import { runningSum } from '../beats/beat-pointer.ts'

/** A filter of second order, in direct form. */
interface Biquad {
  readonly b: readonly [number, number, number]
  readonly a: readonly [number, number]
}

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
  const [shelf, highpass] = kWeighting(rateHz)
  const weighted = filtered(filtered(samples, shelf), highpass)
  const energy = runningSum(weighted.map((value) => value * value))
  const count = Math.max(1, Math.round(samples.length / rateHz / loudnessStepS))
  return Float32Array.from({ length: count }, (_, step) => {
    const centre = step * loudnessStepS * rateHz
    const from = Math.max(0, Math.round(centre - (momentS / 2) * rateHz))
    const to = Math.min(samples.length, Math.round(centre + (momentS / 2) * rateHz))
    const meanSquare = ((energy[to] ?? 0) - (energy[from] ?? 0)) / Math.max(1, to - from)
    return Math.max(silenceLufs, -0.691 + 10 * Math.log10(meanSquare + 1e-12))
  })
}

/** The filters of BS.1770 at any sample rate, from the analogue ones that its tables were made of. */
function kWeighting(rateHz: number): readonly [Biquad, Biquad] {
  const shelf = (() => {
    const [k, v, q] = [
      Math.tan((Math.PI * 1681.974450955533) / rateHz),
      10 ** (3.999843853973347 / 20),
      0.7071752369554196,
    ]
    const b = v ** 0.4996667741545416
    const a0 = 1 + k / q + k * k
    return {
      b: [(v + (b * k) / q + k * k) / a0, (2 * (k * k - v)) / a0, (v - (b * k) / q + k * k) / a0],
      a: [(2 * (k * k - 1)) / a0, (1 - k / q + k * k) / a0],
    } as const
  })()
  const highpass = (() => {
    const [k, q] = [Math.tan((Math.PI * 38.13547087602444) / rateHz), 0.5003270373238773]
    const a0 = 1 + k / q + k * k
    return { b: [1, -2, 1], a: [(2 * (k * k - 1)) / a0, (1 - k / q + k * k) / a0] } as const
  })()
  return [shelf, highpass]
}

function filtered(samples: Float32Array, { b, a }: Biquad): Float32Array {
  let [x1, x2, y1, y2] = [0, 0, 0, 0]
  return samples.map((x) => {
    const y = b[0] * x + b[1] * x1 + b[2] * x2 - a[0] * y1 - a[1] * y2
    x2 = x1
    x1 = x
    y2 = y1
    y1 = y
    return y
  })
}
