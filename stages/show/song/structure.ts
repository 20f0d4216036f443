import { peak } from '../../music/beats/bar-cues.ts'
import { frameRate } from '../../music/signal/spectrogram.ts'
import { barVectors } from '../../music/structure/bar-vectors.ts'
import { keyOf } from '../../music/structure/key.ts'
import { loudnessStepS } from '../../music/structure/loudness.ts'
import { dropsIn, energyOf, gapsIn, impactsIn, onsetsIn } from '../../music/structure/moments.ts'
import { sectionsOf } from '../../music/structure/sections.ts'
import type { Analysis, Beat, HeardBeats } from './analysis.ts'
import { correctBeats, correctSections, type Label } from './corrections.ts'
import type { Features } from './features.ts'

export interface StructureJob {
  readonly features: Features
  readonly heard: HeardBeats
  readonly corrections: { readonly beats: readonly Label[]; readonly sections: readonly Label[] }
}

/** Where no bars are known, a song is cut into parts that long. */
const partS = 2

/** Returns what is known of a song. */
export function analysisOf({ features, heard, corrections }: StructureJob): Analysis {
  const { curves, durationS } = features
  const beats = correctBeats(heard.beats, corrections.beats).filter(({ atS }) => atS < durationS)
  const bars = barsOf(beats, durationS)
  const energy = energyOf(curves.loudness)
  const startsS = unitsOf(bars, durationS)
  const found = sectionsOf(barVectors(curves, startsS, durationS)).map(({ from, to, label, confidence }) => ({
    startS: from === 0 ? 0 : (startsS[from] ?? 0),
    endS: startsS[to] ?? durationS,
    label,
    confidence,
  }))
  const sections = correctSections(found, corrections.sections, ({ startS, endS }, label) => ({
    ...{ startS, endS: Math.min(endS, durationS), label },
    // What is left of a section is as sure as before.
    confidence:
      found.find((section) => section.label === label && section.startS <= startS && section.endS >= endS)
        ?.confidence ?? 1,
  }))
  const key = keyOf(curves.chroma)
  const moments = <T extends { atS: number }>(list: readonly T[]) =>
    list.filter(({ atS }) => atS < durationS).map(shortened)
  return {
    durationS: short(durationS),
    tempo: tempoOf(beats, bars, corrections.beats.length > 0 ? 1 : heard.steadiness),
    metre: metreOf(bars),
    key: key === undefined ? null : { ...key, confidence: short(key.confidence) },
    beats: moments(beats),
    bars: bars.map(shortened),
    halves: moments(halvesOf(beats)),
    eighths: moments(eighthsOf(beats, curves.onsets.all)),
    sections: numbered(fromStartToEnd(sections, durationS)).map((section) =>
      shortened({ ...section, energy: middleEnergy(energy, section) }),
    ),
    onsets: mapValues(onsetsIn(curves.onsets), moments),
    loudness: { stepS: loudnessStepS, lufs: [...curves.loudness].map((value) => Math.round(value * 10) / 10) },
    energy: { stepS: loudnessStepS, values: [...energy].map(short) },
    impacts: moments(impactsIn(curves.onsets, curves.loudness)),
    drops: moments(
      dropsIn(
        bars.map(({ startS }) => startS),
        curves.loudness,
      ),
    ),
    gaps: gapsIn(curves.loudness).map(({ endS, ...gap }) => shortened({ ...gap, endS: Math.min(endS, durationS) })),
    corrected: { beats: corrections.beats.length > 0, sections: corrections.sections.length > 0 },
  }
}

interface Bar {
  readonly startS: number
  readonly endS: number
  readonly beats: number
  readonly confidence: number
}

function barsOf(beats: readonly Beat[], durationS: number): readonly Bar[] {
  const starts = [...beats.keys()].filter((at) => beats[at]?.position === 1 || at === 0)
  return starts.map((from, index) => {
    const within = beats.slice(from, starts[index + 1])
    const next = beats[starts[index + 1] ?? -1]
    const last = within.at(-1)
    const lastS = (last?.atS ?? 0) - (beats[beats.length - 2]?.atS ?? 0)
    return {
      startS: within[0]?.atS ?? 0,
      // The last bar ends a beat after its last beat, the song permitting.
      endS: next?.atS ?? Math.min(durationS, (last?.atS ?? 0) + Math.max(0.2, Math.min(2, lastS))),
      beats: within.length,
      confidence: within.reduce((sum, { confidence }) => sum + confidence, 0) / within.length,
    }
  })
}

function unitsOf(bars: readonly Bar[], durationS: number): readonly number[] {
  if (bars.length < 4) return Array.from({ length: Math.max(1, Math.floor(durationS / partS)) }, (_, at) => at * partS)
  const starts = bars.map(({ startS }) => startS)
  return (starts[0] ?? 0) > partS / 2 ? [0, ...starts] : [0, ...starts.slice(1)]
}

function tempoOf(beats: readonly Beat[], bars: readonly Bar[], confidence: number): Analysis['tempo'] {
  const intervals = beats.slice(1).map(({ atS }, at) => atS - (beats[at]?.atS ?? 0))
  const curve = bars
    .filter(({ beats: count, startS, endS }, at) => at < bars.length - 1 && count > 0 && endS > startS)
    .map(({ startS, endS, beats: count }) => ({
      atS: short(startS),
      bpm: Math.round((6000 * count) / (endS - startS)) / 100,
    }))
  const middle = intervals.toSorted((one, other) => one - other)[intervals.length >> 1]
  if (middle === undefined) return { bpm: 0, confidence: 0, curve: [] }
  // The mean of those near the middle one: frames are coarse.
  const usual = intervals.filter((interval) => Math.abs(interval / middle - 1) < 0.1)
  const meanS = usual.reduce((sum, interval) => sum + interval, 0) / usual.length
  return { bpm: Math.round(6000 / meanS) / 100, confidence: short(confidence), curve }
}

function metreOf(bars: readonly Bar[]): Analysis['metre'] {
  const counts = new Map<number, number>()
  for (const { beats } of bars.slice(0, -1)) counts.set(beats, (counts.get(beats) ?? 0) + 1)
  const [most] = [...counts].sort(([, one], [, other]) => other - one)
  return { beatsPerBar: most?.[0] ?? 4, confidence: short((most?.[1] ?? 0) / Math.max(1, bars.length - 1)) }
}

function halvesOf(beats: readonly Beat[]) {
  return beats.filter(({ position }) => position % 2 === 1).map(({ atS, confidence }) => ({ atS, confidence }))
}

function eighthsOf(beats: readonly Beat[], onsets: Float32Array) {
  return beats.flatMap(({ atS, confidence }, at) => {
    const next = beats[at + 1]
    if (next === undefined) return [{ atS, confidence }]
    const middleS = (atS + next.atS) / 2
    const isHeard = peak(onsets, Math.round(middleS * frameRate), 2) > 1.5
    return [
      { atS, confidence },
      { atS: middleS, confidence: Math.min(confidence, next.confidence) * (isHeard ? 1 : 0.7) },
    ]
  })
}

function fromStartToEnd<T extends { startS: number; endS: number }>(sections: readonly T[], durationS: number): T[] {
  return sections.map((section, at) => ({
    ...section,
    startS: at === 0 ? 0 : section.startS,
    endS: at === sections.length - 1 ? durationS : section.endS,
  }))
}

function numbered<T extends { readonly label: string }>(
  sections: readonly T[],
): readonly (T & { occurrence: number })[] {
  return sections.map((section, at) => ({
    ...section,
    occurrence: sections.slice(0, at + 1).filter(({ label }) => label === section.label).length,
  }))
}

/** Of the middle of a section's moments: silence before or after it does not count. */
function middleEnergy(
  energy: Float32Array,
  { startS, endS }: { readonly startS: number; readonly endS: number },
): number {
  const [from, to] = [Math.floor(startS / loudnessStepS), Math.ceil(endS / loudnessStepS)]
  const sorted = energy.slice(from, Math.max(from + 1, to)).sort()
  return sorted[sorted.length >> 1] ?? 0
}

/** Returns a number with three digits after the point: times to the millisecond. */
function short(value: number): number {
  return Math.round(value * 1000) / 1000
}

function shortened<T extends object>(mark: T): T {
  return mapValues(mark, (value) => (typeof value === 'number' ? short(value) : value)) as T
}

function mapValues<T extends object, U>(object: T, change: (value: T[keyof T]) => U): { [Key in keyof T]: U } {
  return Object.fromEntries(Object.entries(object).map(([key, value]) => [key, change(value)])) as {
    [Key in keyof T]: U
  }
}
