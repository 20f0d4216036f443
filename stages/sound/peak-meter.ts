import type { Block } from './sound-file.ts'

/** Points between two samples at which the wave is computed, as ITU-R BS.1770-4, annex 2, asks for. */
const oversampling = 4
const halfTaps = 12
/** A wave is hardly ever so much higher between its samples than at them: what is lower than this is not computed. */
const margin = 0.6

/** A windowed sinc for each point between two samples. */
const kernels: readonly Float64Array[] = Array.from({ length: oversampling - 1 }, (_, point) => {
  const shift = (point + 1) / oversampling
  return Float64Array.from({ length: 2 * halfTaps }, (_, tap) => {
    const x = tap - halfTaps + 1 - shift
    const window = Math.cos((Math.PI * x) / (2 * halfTaps)) ** 2
    return (Math.sin(Math.PI * x) / (Math.PI * x)) * window
  })
})

/** Measures the true peak of sound while it passes, block by block. */
export class PeakMeter {
  /** The last samples of each channel, from which the next block continues. */
  readonly #before: Float32Array[] = []
  #peak = 0

  add(block: Block): void {
    for (let channel = 0; channel < block.length; channel++)
      this.#channel(block[channel] ?? new Float32Array(0), channel)
  }

  /** The true peak, as an amplitude: 1 is full scale. */
  get peak(): number {
    return this.#peak
  }

  #channel(samples: Float32Array, channel: number): void {
    const before = this.#before[channel] ?? new Float32Array(2 * halfTaps)
    const all = new Float32Array(before.length + samples.length)
    all.set(before)
    all.set(samples, before.length)
    for (let index = before.length; index < all.length; index++)
      this.#peak = Math.max(this.#peak, Math.abs(all[index] ?? 0))
    for (let index = halfTaps - 1; index + halfTaps < all.length; index++) {
      const height = Math.max(Math.abs(all[index] ?? 0), Math.abs(all[index + 1] ?? 0))
      if (height < margin * this.#peak) continue
      for (const kernel of kernels) {
        let value = 0
        for (let tap = 0; tap < 2 * halfTaps; tap++)
          value += (all[index - halfTaps + 1 + tap] ?? 0) * (kernel[tap] ?? 0)
        if (Math.abs(value) > this.#peak) this.#peak = Math.abs(value)
      }
    }
    this.#before[channel] = all.slice(Math.max(0, all.length - 2 * halfTaps))
  }
}
