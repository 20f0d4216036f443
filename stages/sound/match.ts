import FFT from 'fft.js'
import { readChannel, type SoundFile } from './sound-file.ts'

/** What speech has of telephones; below is hum, above is hiss. */
const [lowestHz, highestHz] = [300, 3400]
const matchHz = 8000
const windowSamples = 1 << 15
/** Windows that are compared, spread over the whole length. */
const windows = 16
/** How far above chance a match has to be: the peak, in standard deviations. Chance gives 5 among so many lags. */
const certain = 6.5
/** Only the same sound in both is so far above chance. */
const identical = 60
/** Matches on one line are at most so far from it. */
const toleranceS = 0.002
/** Crystals of recorders are off by far less. */
const mostDriftPpm = 500
/** Over a shorter time, what looks like drift is chance. */
const shortestForDriftS = 20

/** Where a moment of one sound is in another: `laterS` seconds later by the other's clock. */
interface Match {
  readonly atS: number
  readonly laterS: number
  /** In standard deviations. */
  readonly score: number
}

/** How the clock of one sound goes against that of another: what is at `t` in the first is at `offsetS + t * (1 + drift)`. */
export interface ClockMatch {
  readonly offsetS: number
  readonly driftPpm: number
  /** The share of the windows with something to compare that agree, from 0 to 1. */
  readonly confidence: number
}

/**
 * Finds how two recordings lie against each other by what is heard in both, as the other side of a call is, however quietly:
 * by the generalized cross-correlation with phase transform (Knapp and Carter 1976) of windows, and the line that
 * most of them are on. Undefined where nothing is heard in both.
 */
export function matchClocks(
  one: SoundFile,
  other: SoundFile,
  mostOffsetS: number,
  onWindow?: (share: number) => void,
): ClockMatch | undefined {
  const lengthS = one.frames / one.sampleRateHz
  const windowS = windowSamples / matchHz
  const count = Math.max(1, Math.min(windows, Math.floor((2 * (lengthS - windowS)) / windowS) + 1))
  const correlator = new Correlator(mostOffsetS)
  const matches: Match[] = []
  for (let window = 0; window < count; window++) {
    const atS = count === 1 ? 0 : (window * (lengthS - windowS)) / (count - 1)
    const match = correlator.match(one, other, atS)
    if (match !== undefined && match.score >= certain) matches.push(match)
    onWindow?.((window + 1) / count)
  }
  return lineThrough(matches)
}

class Correlator {
  readonly #mostSamples: number
  readonly #fft: FFT
  readonly #size: number

  constructor(mostOffsetS: number) {
    this.#mostSamples = Math.round(mostOffsetS * matchHz)
    this.#size = 2 ** Math.ceil(Math.log2(windowSamples + 2 * this.#mostSamples))
    this.#fft = new FFT(this.#size)
  }

  /** Looks for a window of one sound in the other; undefined where one of them is digital silence. */
  match(one: SoundFile, other: SoundFile, atS: number): Match | undefined {
    const from = Math.round(atS * matchHz)
    const needle = samplesAt(one, from, windowSamples)
    const hay = samplesAt(other, from - this.#mostSamples, windowSamples + 2 * this.#mostSamples)
    if (!needle.some(isSound) || !hay.some(isSound)) return undefined
    const [a, b] = [this.#spectrum(needle), this.#spectrum(hay)]
    const binHz = matchHz / this.#size
    for (let bin = 0; bin < this.#size; bin++) {
      const hz = Math.min(bin, this.#size - bin) * binHz
      const [re, im] = [2 * bin, 2 * bin + 1]
      const [aRe = 0, aIm = 0, bRe = 0, bIm = 0] = [a[re], a[im], b[re], b[im]]
      const [x, y] = [bRe * aRe + bIm * aIm, bIm * aRe - bRe * aIm]
      const size = Math.hypot(x, y)
      const weight = hz < lowestHz || hz > highestHz || size === 0 ? 0 : 1 / size
      a[re] = x * weight
      a[im] = y * weight
    }
    this.#fft.inverseTransform(b, a)
    let [peak, at, sum] = [0, 0, 0]
    const lags = 2 * this.#mostSamples + 1
    for (let lag = 0; lag < lags; lag++) {
      const value = b[2 * lag] ?? 0
      sum += value * value
      if (value > peak) [peak, at] = [value, lag]
    }
    const deviation = Math.sqrt(sum / lags)
    return { atS, laterS: (at - this.#mostSamples) / matchHz, score: deviation === 0 ? 0 : peak / deviation }
  }

  #spectrum(samples: Float32Array): Float64Array {
    const padded = new Float64Array(this.#size)
    padded.set(samples)
    const spectrum = new Float64Array(2 * this.#size)
    this.#fft.realTransform(spectrum, padded)
    this.#fft.completeSpectrum(spectrum)
    return spectrum
  }
}

function isSound(sample: number): boolean {
  return sample !== 0
}

/** Returns part of the first channel at 8 kHz. */
function samplesAt(sound: SoundFile, from: number, count: number): Float32Array {
  const times = sound.sampleRateHz / matchHz
  const samples = readChannel(sound, 0, from * times, count * times)
  if (times === 1) return samples
  return Float32Array.from(
    { length: count },
    (_, index) => ((samples[index * times] ?? 0) + (samples[index * times + 1] ?? 0)) / 2,
  )
}

/** Finds the line that most matches are on, and fits it to them. */
function lineThrough(matches: readonly Match[]): ClockMatch | undefined {
  let best: readonly Match[] = []
  // Speech looks like other speech now and then: one window tells nothing, and two may be on any line that drifts.
  const take = (offsetS: number, drift: number) => {
    const near = matches.filter(({ atS, laterS }) => Math.abs(offsetS + drift * atS - laterS) <= toleranceS)
    const isEnough = apart(near) >= (drift === 0 ? 2 : 3) || near.some(({ score }) => score >= identical)
    if (isEnough && weightOf(near) > weightOf(best)) best = near
  }
  for (const one of matches) {
    take(one.laterS, 0)
    for (const other of matches) {
      if (other.atS - one.atS < shortestForDriftS) continue
      const drift = (other.laterS - one.laterS) / (other.atS - one.atS)
      if (Math.abs(drift) <= mostDriftPpm / 1e6) take(one.laterS - drift * one.atS, drift)
    }
  }
  if (best.length === 0) return undefined
  const confidence = best.length / matches.length
  const meanAt = mean(best.map(({ atS }) => atS))
  const meanLater = mean(best.map(({ laterS }) => laterS))
  const spread = best.reduce((sum, { atS }) => sum + (atS - meanAt) ** 2, 0)
  const lengthS = Math.max(...best.map(({ atS }) => atS)) - Math.min(...best.map(({ atS }) => atS))
  const slope = best.reduce((sum, { atS, laterS }) => sum + (atS - meanAt) * (laterS - meanLater), 0) / spread
  const drift = lengthS >= shortestForDriftS ? slope : 0
  return { offsetS: meanLater - drift * meanAt, driftPpm: drift * 1e6, confidence }
}

/** Returns how many windows there are that do not overlap: those that do are mistaken together. */
function apart(matches: readonly Match[]): number {
  let [count, freeS] = [0, Number.NEGATIVE_INFINITY]
  for (const { atS } of matches) {
    if (atS < freeS - 1e-6) continue
    count += 1
    freeS = atS + windowSamples / matchHz
  }
  return count
}

function weightOf(matches: readonly Match[]): number {
  return matches.reduce((sum, { score }) => sum + score, 0)
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length)
}
