import { hannWindow, PairTransform } from '../signal/fourier.ts'
import { readSamples, type Samples } from '../signal/samples.ts'
import { songRateHz } from '../signal/spectrogram.ts'

const frameSamples = 8192
const hopSamples = 4096
export const chromaRate = songRateHz / hopSamples
const [fromHz, toHz] = [65, 2100]

/** For each frame, how much each of the twelve notes sounds, from C on; `chromaRate` frames a second. */
export type Chroma = readonly Float64Array[]

/** Returns the notes of a song, in whatever octave, of frames of 370 ms. */
export function chromaOf(samples: Samples): Chroma {
  const transform = new PairTransform(frameSamples)
  const window = hannWindow(frameSamples)
  const bins = frameSamples / 2
  const notes = Array.from({ length: bins }, (_, bin) => {
    const hz = (bin * songRateHz) / frameSamples
    return hz < fromHz || hz > toHz ? undefined : ((Math.round(12 * Math.log2(hz / 440)) % 12) + 21) % 12
  })
  const frames = Math.max(1, Math.ceil(samples.length / hopSamples))
  const cut = [0, 1].map(() => new Float64Array(frameSamples))
  const [first = new Float64Array(bins), second = new Float64Array(bins)] = [0, 1].map(() => new Float64Array(bins))
  const chroma: Float64Array[] = []
  for (let frame = 0; frame < frames; frame += 2) {
    for (const [index, part] of cut.entries()) {
      readSamples(samples, (frame + index) * hopSamples - bins, part)
      for (let at = 0; at < frameSamples; at++) part[at] = (part[at] ?? 0) * (window[at] ?? 0)
    }
    transform.magnitudes(cut[0] ?? first, cut[1] ?? second, first, second)
    chroma.push(folded(first, notes), folded(second, notes))
  }
  return chroma.slice(0, frames)
}

function folded(spectrum: Float64Array, notes: readonly (number | undefined)[]): Float64Array {
  const sums = new Float64Array(12)
  for (const [bin, note] of notes.entries()) {
    // The root keeps one loud note from hiding the others.
    if (note !== undefined) sums[note] = (sums[note] ?? 0) + Math.sqrt(spectrum[bin] ?? 0)
  }
  // What all notes have is noise.
  const least = Math.min(...sums)
  return sums.map((value) => value - least)
}
