import { closeSync, fstatSync, openSync } from 'node:fs'
import { open } from 'node:fs/promises'
import type { ThreadContext } from 'reprise'
import { songRateHz, spectrogramOf } from '../../music/signal/spectrogram.ts'
import { packFeatures } from './features.ts'
import { SampleFile } from './sample-file.ts'

export interface FeaturesJob {
  /** Samples as 32-bit floating-point numbers. */
  readonly samples: string
  /** The file to write. */
  readonly features: string
}

/** Measures what a song sounds like, and writes it to a file: other threads read it there, so it is in memory once. */
export default async function measure({ samples: path, features }: FeaturesJob, context: ThreadContext): Promise<void> {
  const file = openSync(path, 'r')
  try {
    const samples = new SampleFile(file, fstatSync(file).size)
    check(samples, context)
    const spectrogram = spectrogramOf(samples, (done) => context.progress(0.1 + 0.15 * done))
    await write(features, packFeatures(samples, spectrogram))
  } finally {
    closeSync(file)
  }
}

const blockSamples = 65_536

function check(samples: SampleFile, { fail }: ThreadContext): void {
  if (samples.length === 0) fail('there is no sound in the song')
  for (let from = 0; from < samples.length; from += blockSamples) {
    const broken = samples.subarray(from, from + blockSamples).findIndex((sample) => !Number.isFinite(sample))
    if (broken < 0) continue
    const atS = ((from + broken) / songRateHz).toFixed(1)
    fail(`the song's sound is damaged: at ${atS} s it has a sample that is not a number; export it again`)
  }
}

async function write(path: string, parts: readonly Uint8Array[]): Promise<void> {
  const file = await open(path, 'w')
  try {
    for (const part of parts) await file.writeFile(part)
  } finally {
    await file.close()
  }
}
