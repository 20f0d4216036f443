import FFT from 'fft.js'

/** Computes spectra of real sound, of a length that is a power of two. */
export class Spectrum {
  readonly size: number
  readonly #fft: FFT
  readonly #window: Float64Array
  readonly #scale: number
  readonly #windowed: Float64Array
  readonly #complex: Float64Array
  /** The power of each frequency from 0 to half of the sample rate; overwritten by the next call. */
  readonly power: Float64Array

  /** `windowSize` is how many of the samples are under the window; what follows them is silence. */
  constructor(size: number, windowSize = size) {
    this.size = size
    this.#fft = new FFT(size)
    this.#window = new Float64Array(size)
    this.#window.set(hann(windowSize))
    this.#scale = 4 / windowSize
    this.#windowed = new Float64Array(size)
    this.#complex = new Float64Array(2 * size)
    this.power = new Float64Array(size / 2 + 1)
  }

  /** Computes the power of sound under a Hann window. Full scale of a sine is 1. Missing samples are silence. */
  of(samples: ArrayLike<number>, from = 0): Float64Array {
    for (let index = 0; index < this.size; index++)
      this.#windowed[index] = (samples[from + index] ?? 0) * (this.#window[index] ?? 0)
    this.#fft.realTransform(this.#complex, this.#windowed)
    const scale = this.#scale
    for (let bin = 0; bin < this.power.length; bin++)
      this.power[bin] = ((this.#complex[2 * bin] ?? 0) * scale) ** 2 + ((this.#complex[2 * bin + 1] ?? 0) * scale) ** 2
    return this.power
  }
}

/** Returns a Hann window of a length. */
export function hann(size: number): Float64Array {
  return Float64Array.from({ length: size }, (_, index) => 0.5 - 0.5 * Math.cos((2 * Math.PI * index) / size))
}
