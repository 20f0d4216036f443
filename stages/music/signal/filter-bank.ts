/** A triangle over neighbouring bins of a spectrum. */
interface Triangle {
  readonly firstBin: number
  readonly weights: Float64Array
}

export interface FilterBankOptions {
  /** Bins of the spectrum; they reach to half the sample rate. */
  readonly bins: number
  readonly rateHz: number
  readonly bandsPerOctave: number
  readonly fromHz: number
  readonly toHz: number
}

/**
 * Triangular filters at the notes of an equally tempered scale around 440 Hz, each of area 1, as in madmom's
 * `LogarithmicFilterbank` (Boeck et al., 2016), which the nets of BeatNet are trained on. Bands that fall on the same
 * bin are one.
 */
export class FilterBank {
  readonly #triangles: readonly Triangle[]
  /** The middle of each band, in hertz. */
  readonly centresHz: readonly number[]

  constructor({ bins, rateHz, bandsPerOctave, fromHz, toHz }: FilterBankOptions) {
    const binHz = rateHz / (2 * bins)
    const lowest = Math.floor(Math.log2(fromHz / 440) * bandsPerOctave)
    const highest = Math.ceil(Math.log2(toHz / 440) * bandsPerOctave)
    const peaks = new Set<number>()
    for (let note = lowest; note < highest; note++) {
      const hz = 440 * 2 ** (note / bandsPerOctave)
      if (hz >= fromHz && hz <= toHz) peaks.add(nearestBin(hz / binHz, bins))
    }
    const centres = [...peaks]
    this.#triangles = centres.slice(0, -2).map((start, at) => {
      const [centre = start, stop = start] = [centres[at + 1], centres[at + 2]]
      return stop - start < 2 ? triangle(start, start, start + 1) : triangle(start, centre, stop)
    })
    this.centresHz = centres.slice(1, -1).map((bin) => bin * binHz)
  }

  get bands(): number {
    return this.#triangles.length
  }

  /** Writes what each band has of a spectrum, from `at` on. */
  apply(spectrum: Float64Array, into: Float32Array, at: number): void {
    for (const [band, { firstBin, weights }] of this.#triangles.entries()) {
      let sum = 0
      for (let index = 0; index < weights.length; index++)
        sum += (weights[index] ?? 0) * (spectrum[firstBin + index] ?? 0)
      into[at + band] = sum
    }
  }
}

function nearestBin(position: number, bins: number): number {
  const above = Math.min(Math.max(1, Math.ceil(position)), bins - 1)
  return position - (above - 1) < above - position ? above - 1 : above
}

function triangle(start: number, centre: number, stop: number): Triangle {
  const weights = new Float64Array(stop - start)
  for (let bin = start; bin < centre; bin++) weights[bin - start] = (bin - start) / (centre - start)
  for (let bin = centre; bin < stop; bin++) weights[bin - start] = 1 - (bin - centre) / (stop - centre)
  const area = weights.reduce((sum, weight) => sum + weight, 0)
  return { firstBin: start, weights: weights.map((weight) => weight / area) }
}
