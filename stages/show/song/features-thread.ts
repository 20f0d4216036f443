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
  const samples = samplesOf(await readFile(path))
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

/** Returns the samples of a file as they lie in it: an hour of them has 300 MB, which are not held twice. */
function samplesOf(bytes: Buffer): Float32Array {
  const { buffer, byteOffset, byteLength } = bytes
  const count = Math.floor(byteLength / Float32Array.BYTES_PER_ELEMENT)
  if (byteOffset % Float32Array.BYTES_PER_ELEMENT === 0) return new Float32Array(buffer, byteOffset, count)
  return new Float32Array(buffer.slice(byteOffset, byteOffset + byteLength), 0, count)
}
