import { amplitudeOf } from '../../sound/decibels.ts'
import type { CallTone } from './table.ts'

/** Tones begin and end within so long, so that they do not click. */
const fadeS = 0.004

export interface Synthesis {
  readonly lengthS: number
  /** RMS while it sounds, in dB of full scale. */
  readonly levelDb: number
  readonly sampleRateHz: number
}

/** Returns a tone of a length. */
export function synthesizeTone({ hz, cadence }: CallTone, { lengthS, levelDb, sampleRateHz }: Synthesis): Float32Array {
  const samples = new Float32Array(Math.round(lengthS * sampleRateHz))
  const parts = cadence.length === 0 ? [lengthS, 0] : cadence
  // A modulated tone has two side bands, each half as high as the carrier.
  const heights = hz.length === 3 ? [0.5, 1, 0.5] : hz.map(() => 1)
  const rms = Math.sqrt(heights.reduce((sum, height) => sum + (height * height) / 2, 0))
  const scale = amplitudeOf(levelDb) / rms
  const ends: number[] = []
  let cycleS = 0
  for (const part of parts) {
    cycleS += part
    ends.push(cycleS)
  }
  for (const index of samples.keys()) {
    const time = index / sampleRateHz
    const within = time - Math.floor(time / cycleS + 1e-9) * cycleS
    const part = ends.findIndex((end) => within < end - 1e-9)
    if (part < 0 || part % 2 === 1) continue
    const startS = ends[part - 1] ?? 0
    const endS = Math.min(ends[part] ?? 0, within + lengthS - time)
    const fade = Math.min(1, (within - startS) / fadeS, (endS - within) / fadeS)
    let value = 0
    for (const [line, frequency] of hz.entries())
      value += (heights[line] ?? 0) * Math.sin(2 * Math.PI * frequency * time)
    samples[index] = value * scale * Math.max(0, fade)
  }
  return samples
}
