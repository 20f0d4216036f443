import type { OnsetStrengths } from '../signal/onsets.ts'
import { frameRate, type Spectrogram } from '../signal/spectrogram.ts'
import { barCues, peak } from './bar-cues.ts'
import { placeInBars } from './bars.ts'
import { type BeatEvidence, beatFrames } from './evidence.ts'
import { autocorrelation, longestLag, periodicity } from './tempo.ts'

export interface FoundBeat {
  readonly atS: number
  /** Which beat of its bar it is, from 1. */
  readonly position: number
  readonly beatsPerBar: number
  /** From 0 to 1. */
  readonly confidence: number
}

export interface Heard {
  readonly spectrogram: Spectrogram
  readonly onsets: OnsetStrengths
  readonly evidence: BeatEvidence
}

export interface FoundBeats {
  readonly beats: readonly FoundBeat[]
  /** How sure it is that there is a steady beat at all: from 0 to 1. Speech has less than 0.2, most music more than 0.5. */
  readonly steadiness: number
}

/** Fewer beats are too few to tell a beat from what is halfway to the next one. */
const fewestBeats = 8
/** So many are enough to believe in. */
const enoughBeats = 20
/** Music is about so periodic where its beat is plain to hear. */
const plainPeriodicity = 0.4
/** An onset that is stronger counts no more than one of this strength. */
const strongestOnset = 8
/** With this steadiness, a beat is as sure as it sounds. */
const steady = 0.3
/** In how many beats, of those around it, a beat's confidence is looked for. */
const believedBeats = 4

/** Finds the beats of a song, and where each is in its bar; none in silence. */
export function findBeats(heard: Heard): FoundBeats {
  const { evidence, spectrogram } = heard
  const sounding = soundingFrames(spectrogram)
  if (sounding === undefined) return { beats: [], steadiness: 0 }
  const margin = frameRate / 10
  const tracked = onTheBeat(heard, beatFrames(evidence))
  const beats = tracked.filter((frame) => frame >= sounding.first - margin && frame <= sounding.last + margin)
  if (beats.length < 2) return { beats: [], steadiness: 0 }
  const steadiness = steadinessOf(heard, beats)
  const places = placeInBars(barCues(heard, beats))
  const certain = beats.map((frame) => Math.max(0, peak(evidence.beats, frame, 1)))
  const found = beats.map((frame, at) => {
    const near = certain.slice(Math.max(0, at - believedBeats), at + believedBeats + 1)
    const around = near.reduce((sum, value) => sum + value, 0) / near.length
    const { position = 1, beatsPerBar = 4 } = places[at] ?? {}
    const trust = 0.3 + 0.7 * Math.min(1, steadiness / steady)
    const confidence = trust * (0.5 * (certain[at] ?? 0) + 0.5 * around)
    return { atS: refined(evidence.beats, frame) / frameRate, position, beatsPerBar, confidence }
  })
  return { beats: found, steadiness }
}

/** So long the tempo is taken to stay the same, when a song is compared with itself. */
const windowFrames = 12 * frameRate

/** Returns how periodic a song is at the tempo that its beats have at each time; of beats, there must be enough. */
function steadinessOf({ onsets }: Heard, beats: readonly number[]): number {
  const limited = onsets.all.map((strength) => Math.min(strength, strongestOnset))
  const [first = 0, last = 0] = [beats[0], beats.at(-1)]
  const periodic: number[] = []
  for (let from = first; from === first || from + windowFrames <= last; from += windowFrames / 2) {
    const inside = beats.filter((frame) => frame >= from && frame < from + windowFrames)
    const intervals = inside.slice(1).map((frame, at) => frame - (inside[at] ?? 0))
    const middle = intervals.toSorted((one, other) => one - other)[intervals.length >> 1]
    if (middle === undefined) continue
    const near = intervals.filter((interval) => Math.abs(interval - middle) <= 2)
    const part = limited.subarray(from, from + windowFrames)
    periodic.push(periodicity(autocorrelation(part, longestLag), (60 * frameRate) / mean(near)))
  }
  const usual = Math.max(0, Math.min(1, mean(periodic) / plainPeriodicity))
  return usual * Math.min(1, beats.length / enoughBeats) ** 2
}

/** How much louder cymbals count against a change of what sounds. */
const cymbalWeight = 0.1

/** Returns the beats, or what is halfway between them where that has more of what beats have: new chords, and cymbals. */
function onTheBeat(heard: Heard, beats: readonly number[]): readonly number[] {
  if (beats.length < fewestBeats) return beats
  const halves = beats.slice(0, -1).map((frame, at) => Math.round((frame + (beats[at + 1] ?? frame)) / 2))
  const both = beats.flatMap((frame, at) => [frame, ...halves.slice(at, at + 1)])
  const { downbeatOdds } = barCues(heard, both)
  const weigh = (parity: number) => {
    const [odds, cymbals] = [[...downbeatOdds], both.map((frame) => peak(heard.onsets.high, frame, 2))].map((values) =>
      mean(values.filter((_, at) => at % 2 === parity)),
    )
    return (odds ?? 0) + cymbalWeight * (cymbals ?? 0)
  }
  if (weigh(0) >= weigh(1)) return beats
  const [first = 0, second = 0] = beats
  const earlier = first - Math.round((second - first) / 2)
  return earlier >= 0 ? [earlier, ...halves] : halves
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length)
}

/** A band is heard from this level on. */
const audible = 0.003

function soundingFrames({ frames, bands, levels }: Spectrogram): { first: number; last: number } | undefined {
  let [first, last] = [-1, -1]
  for (let frame = 0; frame < frames; frame++) {
    let sum = 0
    for (let band = 0; band < bands; band++) sum += levels[frame * bands + band] ?? 0
    if (sum / bands < audible) continue
    if (first < 0) first = frame
    last = frame
  }
  return first < 0 ? undefined : { first, last }
}

/** Returns where between frames the peak at a frame is, by a parabola through it and its neighbours. */
function refined(curve: Float32Array, frame: number): number {
  const [before = 0, at = 0, after = 0] = [curve[frame - 1], curve[frame], curve[frame + 1]]
  const bend = before - 2 * at + after
  if (bend >= 0 || at < before || at < after) return frame
  return Math.max(0, frame + (before - after) / (2 * bend))
}
