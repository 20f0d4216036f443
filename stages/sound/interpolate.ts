import { readChannel, type SoundFile } from './sound-file.ts'

/** Samples on either side that a value between two samples is made of. */
const halfTaps = 16
const phases = 512

/** A windowed sinc for each of 512 places between two samples (Smith, Digital Audio Resampling: Kaiser window, beta 8). */
const kernels: readonly Float64Array[] = Array.from({ length: phases + 1 }, (_, phase) => {
  const taps = Float64Array.from({ length: 2 * halfTaps }, (_, tap) => {
    const x = tap - halfTaps + 1 - phase / phases
    const inWindow = 1 - (x / halfTaps) ** 2
    const sinc = x === 0 ? 1 : Math.sin(Math.PI * x) / (Math.PI * x)
    return inWindow <= 0 ? 0 : (sinc * bessel(8 * Math.sqrt(inWindow))) / bessel(8)
  })
  const sum = taps.reduce((total, tap) => total + tap, 0)
  return taps.map((tap) => tap / sum)
})

/** The modified Bessel function of the first kind, of order 0. */
function bessel(x: number): number {
  let sum = 1
  let term = 1
  for (let k = 1; k < 30; k++) {
    term *= (x / 2 / k) ** 2
    sum += term
  }
  return sum
}

/** Where the samples of an output are in a sound file, in samples of it: the first, and how far the next one is. */
export interface Places {
  readonly channel: number
  readonly from: number
  readonly step: number
  readonly count: number
}

/** Returns the values of one channel at even distances, also between its samples; outside of the file is silence. */
export function valuesAt(sound: SoundFile, { channel, from, step, count }: Places): Float32Array {
  if (step === 1 && Number.isInteger(from)) return readChannel(sound, channel, from, count)
  const first = Math.floor(from) - halfTaps + 1
  const last = Math.ceil(from + step * count) + halfTaps
  const samples = readChannel(sound, channel, first, last - first + 1)
  const values = new Float32Array(count)
  for (let index = 0; index < count; index++) {
    const place = from + index * step
    const whole = Math.floor(place)
    const phase = (place - whole) * phases
    const [one, two] = [kernels[Math.floor(phase)], kernels[Math.min(phases, Math.floor(phase) + 1)]]
    const share = phase - Math.floor(phase)
    const at = whole - halfTaps + 1 - first
    let sum = 0
    for (let tap = 0; tap < 2 * halfTaps; tap++) {
      const weight = (one?.[tap] ?? 0) * (1 - share) + (two?.[tap] ?? 0) * share
      sum += (samples[at + tap] ?? 0) * weight
    }
    values[index] = sum
  }
  return values
}
