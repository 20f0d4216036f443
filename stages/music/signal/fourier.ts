import FFT from 'fft.js'

/** Returns a Hann window, which is zero at both ends. */
export function hannWindow(length: number): Float64Array {
  return Float64Array.from({ length }, (_, at) => 0.5 - 0.5 * Math.cos((2 * Math.PI * at) / (length - 1)))
}

/**
 * The Fourier transform of two real signals at once, of any length: by the algorithm of Bluestein (1970), a convolution
 * whose length is a power of two.
 */
export class PairTransform {
  readonly #fft: FFT
  readonly #length: number
  readonly #chirp: Float64Array
  readonly #filter: number[]
  readonly #work: number[]
  readonly #spectrum: number[]

  constructor(length: number) {
    let size = 1
    while (size < 2 * length - 1) size *= 2
    this.#length = length
    this.#fft = new FFT(size)
    this.#chirp = new Float64Array(2 * length)
    for (let at = 0; at < length; at++) {
      // The square is taken modulo twice the length, so that the angle stays exact.
      const angle = (Math.PI * ((at * at) % (2 * length))) / length
      this.#chirp[2 * at] = Math.cos(angle)
      this.#chirp[2 * at + 1] = -Math.sin(angle)
    }
    const response: number[] = new Array(2 * size).fill(0)
    for (let at = 0; at < length; at++) {
      const [re, im] = [this.#chirp[2 * at] ?? 0, -(this.#chirp[2 * at + 1] ?? 0)]
      for (const place of at === 0 ? [0] : [at, size - at]) {
        response[2 * place] = re
        response[2 * place + 1] = im
      }
    }
    this.#filter = this.#fft.createComplexArray()
    this.#fft.transform(this.#filter, response)
    this.#work = new Array(2 * size).fill(0)
    this.#spectrum = this.#fft.createComplexArray()
  }

  /** Writes the magnitudes of the lower half of the spectrum of both signals. */
  magnitudes(first: ArrayLike<number>, second: ArrayLike<number>, intoFirst: Float64Array, intoSecond: Float64Array) {
    const length = this.#length
    const [chirp, work, filter, spectrum] = [this.#chirp, this.#work, this.#filter, this.#spectrum]
    work.fill(0)
    for (let at = 0; at < length; at++) {
      const [a, b, c, s] = [first[at] ?? 0, second[at] ?? 0, chirp[2 * at] ?? 0, chirp[2 * at + 1] ?? 0]
      work[2 * at] = a * c - b * s
      work[2 * at + 1] = a * s + b * c
    }
    this.#fft.transform(spectrum, work)
    for (let at = 0; at < spectrum.length; at += 2) {
      const [re, im, fre, fim] = [spectrum[at] ?? 0, spectrum[at + 1] ?? 0, filter[at] ?? 0, filter[at + 1] ?? 0]
      spectrum[at] = re * fre - im * fim
      spectrum[at + 1] = re * fim + im * fre
    }
    this.#fft.inverseTransform(work, spectrum)
    const turned = (at: number, part: 0 | 1) => {
      const [re, im, c, s] = [work[2 * at] ?? 0, work[2 * at + 1] ?? 0, chirp[2 * at] ?? 0, chirp[2 * at + 1] ?? 0]
      return part === 0 ? re * c - im * s : re * s + im * c
    }
    // The spectrum of a real signal is symmetric, that of an imaginary one antisymmetric: so the two are told apart.
    for (let bin = 0; bin < intoFirst.length; bin++) {
      const mirror = bin === 0 ? 0 : length - bin
      const [re, im, mre, mim] = [turned(bin, 0), turned(bin, 1), turned(mirror, 0), turned(mirror, 1)]
      intoFirst[bin] = Math.hypot(re + mre, im - mim) / 2
      intoSecond[bin] = Math.hypot(im + mim, mre - re) / 2
    }
  }
}
