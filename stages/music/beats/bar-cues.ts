import type { OnsetStrengths } from '../signal/onsets.ts'
import type { Spectrogram } from '../signal/spectrogram.ts'
import type { BeatEvidence } from './evidence.ts'

/** What tells the first beat of a bar from the others. */
export interface BarCues {
  /** For each beat, log odds that it is the first of its bar. */
  readonly downbeatOdds: Float64Array
  /** How alike a beat is, on average, to the one so many beats later: from -1 to 1, by number of beats. */
  readonly repetition: Float64Array
}

/**
 * How much each cue counts, in standard deviations of the song's beats. They were fitted by logistic regression to 20 songs
 * (rendered from MIDI, all in four) and rounded: bars begin with a change of harmony and of bass, and seldom with a snare.
 */
const weights = {
  withNets: {
    odds: 0.2,
    downbeat: 0.85,
    low: 0.4,
    high: -0.35,
    bassChange: 0.25,
    chordChange: 0.95,
    timbreChange: 0.15,
  },
  without: { odds: 0, downbeat: 0, low: 0.5, high: -0.35, bassChange: 0.3, chordChange: 1.2, timbreChange: 0.2 },
}
const bias = -1.65
/** The cues are not independent of each other. */
const trust = 0.5
/** Beats ahead that are compared. */
const longestRepetition = 24
/** Points of a beat whose onsets make its rhythm. */
const pointsABeat = 4

interface Heard {
  readonly spectrogram: Spectrogram
  readonly onsets: OnsetStrengths
  readonly evidence: BeatEvidence
}

/** Returns the cues at the beats, which are frames. */
export function barCues({ spectrogram, onsets, evidence }: Heard, beats: readonly number[]): BarCues {
  const { nets } = evidence
  const spectra = beats.map((frame, at) => meanSpectrum(spectrogram, frame + 1, beats[at + 1] ?? spectrogram.frames))
  const change = (fromHz: number, toHz: number) =>
    beats.map((_, at) => distance(spectrogram, spectra[at], spectra[at - 1], fromHz, toHz))
  const logPeaks = (curve: Float32Array) => beats.map((frame) => Math.log(0.2 + peak(curve, frame, 2)))
  const cues = {
    low: logPeaks(onsets.low),
    high: logPeaks(onsets.high),
    bassChange: change(30, 250),
    chordChange: change(250, 2000),
    timbreChange: change(2000, 11_025),
    downbeat: beats.map((frame) => (nets === undefined ? 0 : peak(nets.downbeats, frame, 2))),
    odds: beats.map((frame) =>
      nets === undefined ? 0 : Math.log((peak(nets.downbeats, frame, 2) + 0.02) / (peak(nets.beats, frame, 2) + 0.02)),
    ),
  }
  const downbeatOdds = new Float64Array(beats.length).fill(bias)
  for (const [name, weight] of Object.entries(nets === undefined ? weights.without : weights.withNets)) {
    const values = standardized(cues[name as keyof typeof cues])
    for (const [at, value] of values.entries()) downbeatOdds[at] = (downbeatOdds[at] ?? 0) + weight * value
  }
  return { downbeatOdds: downbeatOdds.map((odds) => trust * odds), repetition: repetitions(onsets, beats, spectra) }
}

function repetitions(onsets: OnsetStrengths, beats: readonly number[], spectra: readonly Float64Array[]): Float64Array {
  const rhythms = beats.map((frame, at) => {
    const length = (beats[at + 1] ?? 2 * frame - (beats[at - 1] ?? frame)) - frame
    const points = Array.from({ length: pointsABeat }, (_, point) => Math.round(frame + (length * point) / pointsABeat))
    const bands = [onsets.low, onsets.mid, onsets.high]
    return Float64Array.from(
      points.flatMap((point) => bands.map((band) => Math.sqrt(Math.max(0, peak(band, point, 1))))),
    )
  })
  const [rhythm, harmony] = [centred(rhythms), centred(spectra)]
  const alike = new Float64Array(longestRepetition + 1)
  for (let lag = 1; lag <= longestRepetition && lag < beats.length - 2; lag++) {
    let sum = 0
    for (let at = 0; at + lag < beats.length; at++) {
      sum += cosine(rhythm[at], rhythm[at + lag]) + cosine(harmony[at], harmony[at + lag])
    }
    alike[lag] = sum / 2 / (beats.length - lag)
  }
  return alike
}

/** Returns the highest value of a curve near a frame. */
export function peak(curve: ArrayLike<number>, frame: number, width: number): number {
  let most = Number.NEGATIVE_INFINITY
  for (let at = frame - width; at <= frame + width; at++) most = Math.max(most, curve[at] ?? Number.NEGATIVE_INFINITY)
  return most
}

function meanSpectrum({ bands, levels }: Spectrogram, from: number, to: number): Float64Array {
  const sum = new Float64Array(bands)
  for (let frame = from; frame < to; frame++) {
    for (let band = 0; band < bands; band++) sum[band] = (sum[band] ?? 0) + (levels[frame * bands + band] ?? 0)
  }
  return sum.map((value) => value / Math.max(1, to - from))
}

function distance(
  { centresHz }: Spectrogram,
  one: Float64Array | undefined,
  other: Float64Array | undefined,
  fromHz: number,
  toHz: number,
): number {
  if (one === undefined || other === undefined) return 0
  let [sum, count] = [0, 0]
  for (const [band, hz] of centresHz.entries()) {
    if (hz < fromHz || hz >= toHz) continue
    sum += Math.abs((one[band] ?? 0) - (other[band] ?? 0))
    count++
  }
  return sum / Math.max(1, count)
}

/** Returns values in standard deviations from their mean, three at most. */
function standardized(values: readonly number[]): readonly number[] {
  const mean = values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length)
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / Math.max(1, values.length)
  return values.map((value) => Math.max(-3, Math.min(3, (value - mean) / (Math.sqrt(variance) + 1e-6))))
}

function centred(vectors: readonly Float64Array[]): readonly Float64Array[] {
  const mean = new Float64Array(vectors[0]?.length ?? 0)
  for (const vector of vectors) for (const [at, value] of vector.entries()) mean[at] = (mean[at] ?? 0) + value
  return vectors.map((vector) => vector.map((value, at) => value - (mean[at] ?? 0) / vectors.length))
}

/** Returns the cosine of the angle between two vectors; 0 where one has no length. */
export function cosine(one: Float64Array | undefined, other: Float64Array | undefined): number {
  let [product, first, second] = [0, 0, 0]
  for (let at = 0; at < (one?.length ?? 0); at++) {
    const [a, b] = [one?.[at] ?? 0, other?.[at] ?? 0]
    product += a * b
    first += a * a
    second += b * b
  }
  return product / Math.sqrt(first * second + 1e-9)
}
