import { readFile } from 'node:fs/promises'
import type { ThreadContext } from 'reprise'
import { BeatNet } from '../../music/beats/beat-net.ts'
import { readSafetensors } from '../../music/signal/safetensors.ts'
import { readSpectrogram } from './features.ts'

export interface NetJob {
  readonly weights: string
  /** Which of the nets, from 1. */
  readonly net: number
  /** The file of what was measured. */
  readonly features: string
}

/** Runs one net of BeatNet. */
export default async function listen({ weights, net, features }: NetJob, { progress }: ThreadContext) {
  const model = new BeatNet(readSafetensors(await readFile(weights)), `${net}.`)
  // All nets take the same time: one tells how far they are.
  return model.activations(await readSpectrogram(features), (done) => net === 1 && progress(0.25 + 0.65 * done))
}
