import type { BeatActivations } from '../../music/beats/beat-net.ts'
import { jointEvidence, onsetEvidence } from '../../music/beats/evidence.ts'
import { findBeats } from '../../music/beats/find-beats.ts'
import { onsetStrengths } from '../../music/signal/onsets.ts'
import type { Spectrogram } from '../../music/signal/spectrogram.ts'

export interface BeatsJob {
  readonly spectrogram: Spectrogram
  /** What the nets say; empty without nets. */
  readonly activations: readonly BeatActivations[]
}

/** Finds the beats of a song, and how steady they are. */
export default function find({ spectrogram, activations }: BeatsJob) {
  const onsets = onsetStrengths(spectrogram)
  const evidence = activations.length === 0 ? onsetEvidence(onsets) : jointEvidence(onsets, activations)
  return findBeats({ spectrogram, onsets, evidence })
}
