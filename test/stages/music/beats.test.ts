import { describe, expect, it } from 'vitest'
import { beatF } from '../../../bench/music/beat-score.ts'
import { onsetEvidence } from '../../../stages/music/beats/evidence.ts'
import { findBeats } from '../../../stages/music/beats/find-beats.ts'
import { onsetStrengths } from '../../../stages/music/signal/onsets.ts'
import { songRateHz, spectrogramOf } from '../../../stages/music/signal/spectrogram.ts'
import { band, beatTimes, synthesized } from './synthesized.ts'

function heard(samples: Float32Array) {
  const spectrogram = spectrogramOf(samples)
  const onsets = onsetStrengths(spectrogram)
  return findBeats({ spectrogram, onsets, evidence: onsetEvidence(onsets) })
}

/** Returns how well beats and first beats of bars are found. */
function scores(times: readonly number[], beatsPerBar: number, samples = band(times, beatsPerBar)) {
  const { beats: found } = heard(samples)
  const firsts = found.filter(({ position }) => position === 1).map(({ atS }) => atS)
  const truths = times.filter((_, index) => index % beatsPerBar === 0)
  return {
    beats: beatF(
      times,
      found.map(({ atS }) => atS),
    ),
    firsts: beatF(truths, firsts),
    metre: found[found.length >> 1]?.beatsPerBar,
    errorsMs: times.slice(4, -4).map((time) => Math.min(...found.map(({ atS }) => Math.abs(atS - time))) * 1000),
  }
}

const middle = (values: readonly number[]) => values.toSorted((one, other) => one - other)[values.length >> 1] ?? 0

describe('findBeats', () => {
  it.each([
    ['four beats a bar', beatTimes(48, 120), 4],
    ['three beats a bar', beatTimes(45, 132), 3],
    ['a tempo that rises by a fifth', beatTimes(56, 100, 120), 4],
    ['a ritardando', beatTimes(48, 140, 115), 4],
  ])('finds %s', (_, times, beatsPerBar) => {
    const { beats, firsts, metre, errorsMs } = scores(times, beatsPerBar)
    expect(beats).toBeGreaterThan(0.97)
    expect(firsts).toBeGreaterThan(0.9)
    expect(metre).toBe(beatsPerBar)
    expect(middle(errorsMs)).toBeLessThan(15)
  })

  it('finds no beats in silence, and believes none in a tone, in strokes at odd times, or in three seconds', () => {
    expect(heard(new Float32Array(8 * songRateHz))).toEqual({ beats: [], steadiness: 0 })
    const tone = heard(synthesized([{ atS: 0.2, lengthS: 9, hz: 220, level: 0.3, decay: 0 }], 10))
    expect(tone.steadiness).toBeLessThan(0.2)
    // Strokes at odd times, about as many as there are beats in music.
    const odd = Array.from({ length: 60 }, (_, at) => at * 0.55 + 0.5 * Math.abs(Math.sin(12.9898 * at * at)))
    const strokes = odd.map((atS) => ({ atS, lengthS: 0.1, hz: 300, level: 0.4, noise: 0.5 }))
    expect(heard(synthesized(strokes, 34)).steadiness).toBeLessThan(0.2)
    expect(heard(band(beatTimes(5, 120), 4)).steadiness).toBeLessThan(0.2)
    expect(heard(band(beatTimes(40, 120), 4)).steadiness).toBeGreaterThan(0.8)
  })
})

describe('beatF', () => {
  it('matches each beat once, within 70 ms, from 5 s on', () => {
    expect(beatF([1, 6, 7, 8], [6.05, 7.2, 8])).toBeCloseTo(2 / 3)
    expect(beatF([6, 7], [6.9, 6.95, 7.05])).toBeCloseTo(2 / 5)
    expect(beatF([1, 2], [1, 2])).toBe(0)
  })
})
