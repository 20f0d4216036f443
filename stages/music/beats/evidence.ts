import type { OnsetStrengths } from '../signal/onsets.ts'
import { frameRate } from '../signal/spectrogram.ts'
import type { BeatActivations } from './beat-net.ts'
import { type BeatObservations, trackBeats } from './beat-pointer.ts'
import { autocorrelation, longestLag, periodicity, tempoPrior } from './tempo.ts'

/** What speaks for beats, in each frame. */
export interface BeatEvidence {
  /** How likely a beat is, from 0 to 1. */
  readonly beats: Float32Array
  /** What nets say of first beats of bars, and of others; absent without nets. */
  readonly nets?: BeatActivations
  readonly observations: BeatObservations
  readonly tempoFit: (bpm: number) => number
}

/** A frame is one of about so many between two beats, so each is that much less telling. */
const framesABeat = 15
const leastLikely = 1e-4

/** Returns the evidence of nets: the mean of what they say. */
function netEvidence(activations: readonly BeatActivations[]): BeatEvidence {
  const mean = (of: (activation: BeatActivations) => Float32Array) => {
    const [first = new Float32Array(0), ...others] = activations.map(of)
    return first.map((value, at) => others.reduce((sum, other) => sum + (other[at] ?? 0), value) / activations.length)
  }
  const nets = { beats: mean(({ beats }) => beats), downbeats: mean(({ downbeats }) => downbeats) }
  const beats = nets.beats.map((value, at) => value + (nets.downbeats[at] ?? 0))
  return { beats, nets, observations: observed(beats, leastLikely), tempoFit: tempoPrior }
}

/** A frame with an onset of so many times the mean strength is as likely a beat as not. */
const halfLikelyStrength = 10
const onsetLeast = 0.02
const periodicityWeight = 3

/** Returns the evidence of onsets alone: where no nets are installed. */
export function onsetEvidence({ all }: OnsetStrengths): BeatEvidence {
  const likely = (half: number) => all.map((strength) => Math.min(0.95, strength ** 2 / (strength ** 2 + half ** 2)))
  const correlations = autocorrelation(all, longestLag)
  return {
    // On a grid of beats, a weaker onset is enough for a beat than to find one.
    beats: likely(halfLikelyStrength / 2),
    observations: observed(likely(halfLikelyStrength), onsetLeast),
    tempoFit: (bpm) => tempoPrior(bpm) + periodicityWeight * periodicity(correlations, bpm),
  }
}

/** Returns the evidence of nets and of onsets: two witnesses, each of half the weight. */
export function jointEvidence(onsets: OnsetStrengths, activations: readonly BeatActivations[]): BeatEvidence {
  const [heard, learned] = [onsetEvidence(onsets), netEvidence(activations)]
  const half = (curve: 'beat' | 'between') =>
    learned.observations[curve].map((value, at) => (value + (heard.observations[curve][at] ?? 0)) / 2)
  return { ...learned, observations: { beat: half('beat'), between: half('between') } }
}

function observed(beats: Float32Array, least: number): BeatObservations {
  return {
    beat: beats.map((likely) => Math.log(likely + least)),
    between: beats.map((likely) => Math.log(Math.max(leastLikely, (1 - likely) / framesABeat))),
  }
}

/** Returns the frames of the most likely beats. */
export function beatFrames({ observations, tempoFit }: BeatEvidence): readonly number[] {
  return trackBeats(observations, { framesPerSecond: frameRate, tempoFit })
}
