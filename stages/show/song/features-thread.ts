import { readFile, writeFile } from 'node:fs/promises'
import type { ThreadContext } from 'reprise'
import { songRateHz, spectrogramOf } from '../../music/signal/spectrogram.ts'
import { packFeatures } from './features.ts'

export interface FeaturesJob {
  /** Samples as 32-bit floating-point numbers. */
  readonly samples: string
  /** The file to write. */
  readonly features: string
}

/** Measures what a song sounds like, and returns its spectrogram. */
export default async function measure({ samples: path, features }: FeaturesJob, { progress, fail }: ThreadContext) {
  const bytes = await readFile(path)
  const samples = new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength))
  if (samples.length === 0) return fail('there is no sound in the song')
  const broken = samples.findIndex((sample) => !Number.isFinite(sample))
  if (broken >= 0) {
    const atS = (broken / songRateHz).toFixed(1)
    return fail(`the song's sound is damaged: at ${atS} s it has a sample that is not a number; export it again`)
  }
  const spectrogram = spectrogramOf(samples, (done) => progress(0.1 + 0.15 * done))
  await writeFile(features, packFeatures(samples, spectrogram))
  return spectrogram
}
