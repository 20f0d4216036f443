import { onsetStrengths } from '../../music/signal/onsets.ts'
import { readTensors, safetensorParts, type Tensor } from '../../music/signal/safetensors.ts'
import type { Samples } from '../../music/signal/samples.ts'
import type { Spectrogram } from '../../music/signal/spectrogram.ts'
import { songRateHz, spectrogramBands } from '../../music/signal/spectrogram.ts'
import type { SongCurves } from '../../music/structure/bar-vectors.ts'
import { chromaOf } from '../../music/structure/chroma.ts'
import { momentaryLoudness } from '../../music/structure/loudness.ts'

/** What is kept of a song's sound, so that it is heard only once. */
export interface Features {
  readonly durationS: number
  readonly curves: SongCurves
}

/** The highest sample of each fiftieth of a second is kept, from 0 to 1. */
const peaksASecond = 50

/** Returns what is kept of a song, as the parts of one file. */
export function packFeatures(samples: Samples, spectrogram: Spectrogram): readonly Uint8Array[] {
  const { frames, bands, levels } = spectrogram
  const chroma = chromaOf(samples)
  const one = (values: Float32Array): Tensor => ({ shape: [values.length], values })
  return safetensorParts(
    new Map([
      ['levels', { shape: [frames, bands], values: levels }],
      ['chroma', { shape: [chroma.length, 12], values: Float32Array.from(chroma.flatMap((frame) => [...frame])) }],
      ['loudness', one(momentaryLoudness(samples, songRateHz))],
      ['peaks', one(peaksOf(samples))],
      ['duration', one(Float32Array.of(samples.length / songRateHz))],
    ]),
  )
}

function peaksOf(samples: Samples): Float32Array {
  const width = songRateHz / peaksASecond
  return Float32Array.from({ length: Math.ceil(samples.length / width) }, (_, at) =>
    samples
      .subarray(at * width, Math.min(samples.length, (at + 1) * width))
      .reduce((most, value) => Math.max(most, Math.abs(value)), 0),
  )
}

/** Reads the peaks of what `packFeatures` made. */
export async function readPeaks(path: string): Promise<Float32Array> {
  return valuesOf(await readTensors(path, ['peaks']), 'peaks')
}

/** Reads the spectrogram of what `packFeatures` made. */
export async function readSpectrogram(path: string): Promise<Spectrogram> {
  return spectrogramIn(valuesOf(await readTensors(path, ['levels']), 'levels'))
}

/** Reads what `packFeatures` made. */
export async function readFeatures(path: string): Promise<Features> {
  const tensors = await readTensors(path, ['levels', 'chroma', 'loudness', 'duration'])
  const spectrogram = spectrogramIn(valuesOf(tensors, 'levels'))
  const chroma = valuesOf(tensors, 'chroma')
  return {
    durationS: valuesOf(tensors, 'duration')[0] ?? 0,
    curves: {
      spectrogram,
      onsets: onsetStrengths(spectrogram),
      chroma: Array.from({ length: chroma.length / 12 }, (_, at) =>
        Float64Array.from(chroma.subarray(12 * at, 12 * at + 12)),
      ),
      loudness: valuesOf(tensors, 'loudness'),
    },
  }
}

function valuesOf(tensors: ReadonlyMap<string, Tensor>, name: string): Float32Array {
  return tensors.get(name)?.values ?? new Float32Array(0)
}

function spectrogramIn(levels: Float32Array): Spectrogram {
  const { centresHz } = spectrogramBands()
  return { frames: levels.length / centresHz.length, bands: centresHz.length, centresHz, levels }
}
