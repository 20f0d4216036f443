import { onsetStrengths } from '../../music/signal/onsets.ts'
import { readSafetensors, type Tensor, writeSafetensors } from '../../music/signal/safetensors.ts'
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

/** Returns what is kept of a song, as one file. */
export function packFeatures(samples: Float32Array, spectrogram: Spectrogram): Uint8Array {
  const { frames, bands, levels } = spectrogram
  const chroma = chromaOf(samples)
  const one = (values: Float32Array): Tensor => ({ shape: [values.length], values })
  return writeSafetensors(
    new Map([
      ['levels', { shape: [frames, bands], values: levels }],
      ['chroma', { shape: [chroma.length, 12], values: Float32Array.from(chroma.flatMap((frame) => [...frame])) }],
      ['loudness', one(momentaryLoudness(samples, songRateHz))],
      ['peaks', one(peaksOf(samples))],
      ['duration', one(Float32Array.of(samples.length / songRateHz))],
    ]),
  )
}

function peaksOf(samples: Float32Array): Float32Array {
  const width = songRateHz / peaksASecond
  return Float32Array.from({ length: Math.ceil(samples.length / width) }, (_, at) =>
    samples.subarray(at * width, (at + 1) * width).reduce((most, value) => Math.max(most, Math.abs(value)), 0),
  )
}

/** Reads the peaks of what `packFeatures` made. */
export function readPeaks(file: Uint8Array): Float32Array {
  return readSafetensors(file).get('peaks')?.values ?? new Float32Array(0)
}

/** Reads what `packFeatures` made. */
export function unpackFeatures(file: Uint8Array): Features {
  const tensors = readSafetensors(file)
  const values = (name: string) => tensors.get(name)?.values ?? new Float32Array(0)
  const { centresHz } = spectrogramBands()
  const spectrogram = {
    frames: values('levels').length / centresHz.length,
    bands: centresHz.length,
    centresHz,
    levels: values('levels'),
  }
  const chroma = values('chroma')
  return {
    durationS: values('duration')[0] ?? 0,
    curves: {
      spectrogram,
      onsets: onsetStrengths(spectrogram),
      chroma: Array.from({ length: chroma.length / 12 }, (_, at) =>
        Float64Array.from(chroma.subarray(12 * at, 12 * at + 12)),
      ),
      loudness: values('loudness'),
    },
  }
}
