import type { OnsetStrengths } from '../signal/onsets.ts'
import { frameRate, type Spectrogram } from '../signal/spectrogram.ts'
import { type Chroma, chromaRate } from './chroma.ts'
import { loudnessStepS, silenceLufs } from './loudness.ts'

export interface SongCurves {
  readonly spectrogram: Spectrogram
  readonly onsets: OnsetStrengths
  readonly chroma: Chroma
  readonly loudness: Float32Array
}

/** Silence is no further from loud music than this. */
const loudnessRangeLu = 25
/** Neighbouring bands of the spectrogram that are one here. */
const bandsTogether = 8
/** How much each kind of feature counts, however many numbers it has. */
const shares = { harmony: 1, timbre: 1, rhythm: 0.7, loudness: 0.7 }
/** A standard deviation that is less than this is too small to be heard. */
const audible = { harmony: 0.05, timbre: 0.03, rhythm: 0.5, loudness: 1 }

/** Returns what each stretch of a song sounds like: harmony, timbre, rhythm and loudness, as one vector. */
export function barVectors(curves: SongCurves, startsS: readonly number[], endS: number): readonly Float64Array[] {
  const spans = startsS.map((startS, at) => ({ startS, endS: startsS[at + 1] ?? endS }))
  const quietest = curves.loudness.reduce((most, value) => Math.max(most, value), silenceLufs) - loudnessRangeLu
  const parts = {
    harmony: spans.map((span) => normalized(means(curves.chroma, 12, chromaRate, span))),
    timbre: spans.map((span) => timbre(curves.spectrogram, span)),
    rhythm: spans.map(({ startS, endS: until }) =>
      (['low', 'mid', 'high'] as const).map((band) => countOver(curves.onsets[band], startS, until)),
    ),
    loudness: spans.map(({ startS, endS: until }) => [
      Math.max(quietest, meanBetween(curves.loudness, startS / loudnessStepS, until / loudnessStepS)),
    ]),
  }
  const columns = Object.entries(parts).flatMap(([name, rows]) => {
    const width = rows[0]?.length ?? 0
    const kind = name as keyof typeof shares
    const weight = Math.sqrt(shares[kind] / width)
    return Array.from({ length: width }, (_, column) =>
      scaled(
        rows.map((row) => row[column] ?? 0),
        weight,
        audible[kind],
      ),
    )
  })
  return spans.map((_, at) => Float64Array.from(columns, (column) => column[at] ?? 0))
}

interface Span {
  readonly startS: number
  readonly endS: number
}

function means(rows: readonly Float64Array[], width: number, rate: number, { startS, endS }: Span): number[] {
  const [from, to] = [Math.round(startS * rate), Math.max(Math.round(startS * rate) + 1, Math.round(endS * rate))]
  const part = rows.slice(from, to)
  return Array.from(
    { length: width },
    (_, at) => part.reduce((sum, row) => sum + (row[at] ?? 0), 0) / Math.max(1, part.length),
  )
}

function normalized(values: readonly number[]): number[] {
  const most = Math.max(...values, 1e-9)
  return values.map((value) => value / most)
}

function timbre({ bands, levels, frames }: Spectrogram, { startS, endS }: Span): number[] {
  const [from, to] = [Math.round(startS * frameRate), Math.min(frames, Math.round(endS * frameRate))]
  const sums = new Array<number>(Math.ceil(bands / bandsTogether)).fill(0)
  for (let frame = from; frame < to; frame++) {
    for (let band = 0; band < bands; band++) {
      const at = Math.floor(band / bandsTogether)
      sums[at] = (sums[at] ?? 0) + (levels[frame * bands + band] ?? 0)
    }
  }
  return sums.map((sum) => sum / Math.max(1, to - from) / bandsTogether)
}

/** Returns how many onsets there are, a second. */
function countOver(curve: Float32Array, startS: number, endS: number): number {
  let count = 0
  for (let frame = Math.round(startS * frameRate); frame < endS * frameRate; frame++)
    if ((curve[frame] ?? 0) > 3) count++
  return count / Math.max(0.1, endS - startS)
}

/** Returns the mean of a curve between two places. */
export function meanBetween(curve: Float32Array, from: number, to: number): number {
  const part = curve.subarray(Math.round(from), Math.max(Math.round(from) + 1, Math.round(to)))
  return part.reduce((sum, value) => sum + value, 0) / Math.max(1, part.length)
}

function scaled(values: readonly number[], weight: number, least: number): readonly number[] {
  const mean = values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length)
  const deviation = Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / Math.max(1, values.length))
  return values.map((value) => (weight * (value - mean)) / Math.max(deviation, least))
}
