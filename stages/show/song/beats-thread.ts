import type { BeatActivations } from '../../music/beats/beat-net.ts'
import { jointEvidence, onsetEvidence } from '../../music/beats/evidence.ts'
import { findBeats } from '../../music/beats/find-beats.ts'
import { onsetStrengths } from '../../music/signal/onsets.ts'
import { readSpectrogram } from './features.ts'

export interface BeatsJob {
  /** The file of what was measured. */
  readonly features: string
  /** What the nets say; empty without nets. */
  readonly activations: readonly BeatActivations[]
}

/** Finds the beats of a song, and how steady they are. */
export default async function find({ features, activations }: BeatsJob) {
  const spectrogram = await readSpectrogram(features)
  const onsets = onsetStrengths(spectrogram)
  const evidence = activations.length === 0 ? onsetEvidence(onsets) : jointEvidence(onsets, activations)
  return findBeats({ spectrogram, onsets, evidence })
}
