import { type OnsetBand, type OnsetStrengths, onsetBands } from '../signal/onsets.ts'
import { frameRate } from '../signal/spectrogram.ts'
import { loudnessStepS, silenceLufs } from './loudness.ts'

/** A point of time, and how sure it is: from 0 to 1. */
export interface Moment {
  readonly atS: number
  readonly confidence: number
}

/** A stretch of time, and how sure it is: from 0 to 1. */
export interface Stretch {
  readonly startS: number
  readonly endS: number
  readonly confidence: number
}

/** An onset is so many times stronger than the mean around it. */
const onsetStrength = 2.5
const onsetSpacingS = 0.06

/** Returns where sound comes in, in each band. */
export function onsetsIn(strengths: OnsetStrengths): Readonly<Record<OnsetBand, readonly Moment[]>> {
  const [low, mid, high] = onsetBands.map((band) => peaksOf(strengths[band], onsetStrength, onsetSpacingS))
  return { low: low ?? [], mid: mid ?? [], high: high ?? [] }
}

function peaksOf(curve: Float32Array, least: number, spacingS: number): Moment[] {
  const spacing = Math.round(spacingS * frameRate)
  const found: Moment[] = []
  for (const [frame, value] of curve.entries()) {
    if (value < least) continue
    let isPeak = true
    for (let at = Math.max(0, frame - spacing); at <= frame + spacing && isPeak; at++) {
      const other = curve[at] ?? 0
      isPeak = other < value || (other === value && at >= frame)
    }
    if (isPeak) found.push({ atS: frame / frameRate, confidence: value ** 2 / (value ** 2 + (2 * least) ** 2) })
  }
  return found
}

/** Over so many seconds, the energy of a song is the mean of its loudness. */
const energyS = 2
/** From the loudest part of a song down to where its energy is 0, in LU. */
const energyRangeLu = 30

/** Returns how much energy a song has, from 0 to 1, a value each tenth of a second: its loudness, compared with its loudest. */
export function energyOf(loudness: Float32Array): Float32Array {
  const loudest = quantile(loudness, 0.95)
  if (loudest <= silenceLufs) return new Float32Array(loudness.length)
  const half = Math.round(energyS / loudnessStepS / 2)
  return loudness.map((_, step) => {
    const near = loudness.subarray(Math.max(0, step - half), step + half + 1)
    const mean = near.reduce((sum, value) => sum + value, 0) / near.length
    return Math.max(0, Math.min(1, 1 - (loudest - mean) / energyRangeLu))
  })
}

const gapBelowLu = 25
const shortestGapS = 0.25

/** Returns where a song is silent, or next to silent, also before its first sound and after its last. */
export function gapsIn(loudness: Float32Array): readonly Stretch[] {
  const threshold = Math.max(silenceLufs + 5, quantile(loudness, 0.95) - gapBelowLu)
  const gaps: Stretch[] = []
  let from: number | undefined
  for (let step = 0; step <= loudness.length; step++) {
    if (step < loudness.length && (loudness[step] ?? 0) < threshold) {
      from ??= step
      continue
    }
    if (from !== undefined && (step - from) * loudnessStepS >= shortestGapS) {
      const depth = threshold - Math.min(...loudness.subarray(from, step))
      const [startS, endS] = [from * loudnessStepS, step * loudnessStepS]
      gaps.push({ startS, endS, confidence: Math.min(1, 0.5 + depth / 20) })
    }
    from = undefined
  }
  return gaps
}

const impactSpacingS = 1.2
/** How much louder a song has to become, in LU, for an onset to be an impact. */
const impactLu = 3

/** Returns the strongest onsets: all bands at once, and louder than before. */
export function impactsIn(strengths: OnsetStrengths, loudness: Float32Array): readonly Moment[] {
  const together = strengths.all.map((value, frame) =>
    Math.cbrt(value * Math.max(...near(strengths.low, frame)) * Math.max(...near(strengths.high, frame))),
  )
  return peaksOf(together, 6, impactSpacingS).flatMap(({ atS, confidence }) => {
    const step = Math.round(atS / loudnessStepS)
    const [before, after] = [loudness.subarray(Math.max(0, step - 10), step - 1), loudness.subarray(step + 1, step + 6)]
    const rise = meanOf(after) - meanOf(before)
    return rise < impactLu ? [] : [{ atS, confidence: confidence * Math.min(1, 0.5 + rise / 12) }]
  })
}

function near(curve: Float32Array, frame: number): Float32Array {
  return curve.subarray(Math.max(0, frame - 1), frame + 2)
}

/** Seconds before and after a drop that are compared. */
const dropS = 4
const dropLu = 5

/** Returns the bars at which a song becomes much louder for a while, having been quieter for a while. */
export function dropsIn(barStartsS: readonly number[], loudness: Float32Array): readonly Moment[] {
  const steps = Math.round(dropS / loudnessStepS)
  const rises = barStartsS.map((atS) => {
    const step = Math.round(atS / loudnessStepS)
    if (step < steps || step + steps > loudness.length) return { atS, rise: 0 }
    // A moment reaches into its neighbours by half of its length.
    return {
      atS,
      rise: meanOf(loudness.subarray(step + 2, step + steps)) - meanOf(loudness.subarray(step - steps, step - 2)),
    }
  })
  return rises.flatMap(({ atS, rise }, at) => {
    const isHighest = rises.every(
      (other, index) =>
        Math.abs(index - at) > 4 || index === at || other.rise < rise || (other.rise === rise && index > at),
    )
    return rise < dropLu || !isHighest ? [] : [{ atS, confidence: Math.min(1, rise / 15) }]
  })
}

function meanOf(values: Float32Array): number {
  return values.length === 0 ? silenceLufs : values.reduce((sum, value) => sum + value, 0) / values.length
}

function quantile(values: Float32Array, part: number): number {
  return values.toSorted()[Math.min(values.length - 1, Math.floor(part * values.length))] ?? silenceLufs
}
