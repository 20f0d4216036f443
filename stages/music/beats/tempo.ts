import { frameRate } from '../signal/spectrogram.ts'

/** What tempo people tap to, and how wide that is in octaves (Moelants 2002). */
const commonBpm = 125
const commonOctaves = 0.75

/** Returns the natural logarithm of how common a tempo is, 0 for the most common one. */
export function tempoPrior(bpm: number): number {
  return -0.5 * (Math.log2(bpm / commonBpm) / commonOctaves) ** 2
}

/** Returns how alike a curve is to itself so many frames later, for each lag: 1 for lag 0, 0 for what is unrelated. */
export function autocorrelation(values: Float32Array, longest: number): Float32Array {
  const mean = values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length)
  const centred = values.map((value) => value - mean)
  const correlations = new Float32Array(longest + 1)
  // Of longer lags, there is too little to compare.
  for (let lag = 0; lag <= Math.min(longest, values.length / 2); lag++) {
    let sum = 0
    for (let at = lag; at < centred.length; at++) sum += (centred[at] ?? 0) * (centred[at - lag] ?? 0)
    correlations[lag] = sum / (centred.length - lag)
  }
  const power = (correlations[0] ?? 0) + 1e-9
  return correlations.map((value) => value / power)
}

/** How many beats ahead a song is compared with itself. */
const comparedBeats = 8

/** The longest lag that `periodicity` asks for. */
export const longestLag = 16 * frameRate

/** Returns how periodic a curve is at a tempo: the mean of its autocorrelation after one beat, after two, and so on. */
export function periodicity(correlations: Float32Array, bpm: number): number {
  let [sum, count] = [0, 0]
  for (let beats = 1; beats <= comparedBeats; beats++) {
    const lag = Math.round((beats * 60 * frameRate) / bpm)
    if (lag >= correlations.length) break
    const width = Math.max(1, Math.round(lag / 100))
    let most = -1
    for (let at = lag - width; at <= lag + width; at++) most = Math.max(most, correlations[at] ?? -1)
    sum += most
    count++
  }
  return sum / Math.max(1, count)
}
