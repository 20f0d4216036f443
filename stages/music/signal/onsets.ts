import { frameRate, type Spectrogram } from './spectrogram.ts'

/** The parts of the spectrum in which onsets are found: bass and kick drum, voices and snare, cymbals. */
export const onsetBands = ['low', 'mid', 'high'] as const
export type OnsetBand = (typeof onsetBands)[number]
const upToHz: Readonly<Record<OnsetBand, number>> = { low: 150, mid: 2000, high: Number.POSITIVE_INFINITY }

/** For each frame, how much sound comes in; 1 is the mean of the song's neighbourhood. */
export type OnsetStrengths = Readonly<Record<OnsetBand | 'all', Float32Array>>

/** Over so many seconds before and after, the strength of onsets is compared. */
const neighbourhoodS = 4

/**
 * Returns the strength of onsets: how much each band grew, where the frame before counts with its neighbouring bands, so that
 * vibrato is no onset (SuperFlux, Boeck and Widmer 2013).
 */
export function onsetStrengths({ frames, bands, centresHz, levels }: Spectrogram): OnsetStrengths {
  const flux = { low: new Float32Array(frames), mid: new Float32Array(frames), high: new Float32Array(frames) }
  const bandOf = centresHz.map((hz) => onsetBands.find((name) => hz < upToHz[name]) ?? 'high')
  const sizes = onsetBands.map((name) => bandOf.filter((of) => of === name).length)
  for (let frame = 1; frame < frames; frame++) {
    const [before, now] = [(frame - 1) * bands, frame * bands]
    for (let band = 0; band < bands; band++) {
      let most = levels[before + band] ?? 0
      if (band > 0) most = Math.max(most, levels[before + band - 1] ?? 0)
      if (band + 1 < bands) most = Math.max(most, levels[before + band + 1] ?? 0)
      const growth = (levels[now + band] ?? 0) - most
      if (growth > 0) flux[bandOf[band] ?? 'high'][frame] = (flux[bandOf[band] ?? 'high'][frame] ?? 0) + growth
    }
  }
  const all = new Float32Array(frames)
  for (const [index, name] of onsetBands.entries()) {
    const size = Math.max(1, sizes[index] ?? 1)
    for (let frame = 0; frame < frames; frame++) all[frame] = (all[frame] ?? 0) + (flux[name][frame] ?? 0) / size
  }
  return { low: relative(flux.low), mid: relative(flux.mid), high: relative(flux.high), all: relative(all) }
}

/** Divides by the mean of the neighbourhood; where that is next to nothing in the whole song, by a part of the song's. */
function relative(values: Float32Array): Float32Array {
  const half = Math.round(neighbourhoodS * frameRate)
  const sums = new Float64Array(values.length + 1)
  for (const [at, value] of values.entries()) sums[at + 1] = (sums[at] ?? 0) + value
  const floor = 0.2 * ((sums[values.length] ?? 0) / Math.max(1, values.length)) + 1e-4
  return values.map((value, at) => {
    const [from, to] = [Math.max(0, at - half), Math.min(values.length, at + half + 1)]
    return value / Math.max(floor, ((sums[to] ?? 0) - (sums[from] ?? 0)) / (to - from))
  })
}
