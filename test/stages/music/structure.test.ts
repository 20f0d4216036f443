import { describe, expect, it } from 'vitest'
import { onsetStrengths } from '../../../stages/music/signal/onsets.ts'
import { songRateHz, spectrogramOf } from '../../../stages/music/signal/spectrogram.ts'
import { chromaOf } from '../../../stages/music/structure/chroma.ts'
import { keyOf } from '../../../stages/music/structure/key.ts'
import { momentaryLoudness } from '../../../stages/music/structure/loudness.ts'
import { dropsIn, energyOf, gapsIn, impactsIn, onsetsIn } from '../../../stages/music/structure/moments.ts'
import { sectionsOf } from '../../../stages/music/structure/sections.ts'
import { synthesized } from './synthesized.ts'

describe('sectionsOf', () => {
  /** Returns bars of kinds, none of them twice quite the same. */
  const song = (kinds: string, length: number, noise = 0.15) =>
    [...kinds].flatMap((letter, section) =>
      Array.from({ length }, (_, bar) => {
        const [kind, at] = [letter.charCodeAt(0), section * length + bar]
        const value = (index: number) => Math.sin(7 * kind + index * (kind + 1)) + noise * Math.sin(13 * at + 5 * index)
        return Float64Array.from({ length: 20 }, (_, index) => value(index))
      }),
    )

  it.each(['ABAB', 'ABCB', 'AABA'])('recognizes what is repeated: %s', (kinds) => {
    const found = sectionsOf(song(kinds, 8))
    const heard = found.map(({ label, from, to }) => label.repeat((to - from) / 8)).join('')
    expect(heard).toBe(kinds)
    expect(found.every(({ from }) => from % 8 === 0)).toBe(true)
  })

  it('is one section where nothing changes, and none without bars', () => {
    expect(sectionsOf(song('A', 16, 0.05)).map(({ label }) => label)).toEqual(['A'])
    expect(sectionsOf([])).toEqual([])
  })
})

describe('keyOf', () => {
  const chord = (root: number, third: number, atS: number) =>
    [0, third, 7].map((step) => ({ atS, lengthS: 1, hz: root * 2 ** (step / 12), level: 0.2, decay: 0.5 }))

  it.each([
    ['C', 'major', 261.63, 4],
    ['A', 'minor', 220, 3],
    ['F#', 'major', 369.99, 4],
  ])('hears %s %s', (tonic, mode, root, third) => {
    const sounds = [0, 5, 7, 0].flatMap((step, at) => chord(root * 2 ** (step / 12), step === 7 ? 4 : third, at))
    expect(keyOf(chromaOf(synthesized(sounds, 4)))).toMatchObject({ tonic, mode })
  })

  it('hears none in silence', () => {
    expect(keyOf(chromaOf(new Float32Array(songRateHz)))).toBeUndefined()
  })
})

describe('momentaryLoudness', () => {
  it('is that of BS.1770: a tone of 1 kHz at full scale has -3.01 LUFS', () => {
    const samples = synthesized([{ atS: 0, lengthS: 3, hz: 997, level: 1, decay: 0 }], 3)
    expect(momentaryLoudness(samples, songRateHz)[15]).toBeCloseTo(-3.01, 1)
    expect(momentaryLoudness(new Float32Array(songRateHz), songRateHz)[5]).toBe(-70)
  })
})

describe('moments', () => {
  // Five seconds quiet, a second of silence, then loud from 6 s on, with a stroke.
  const samples = synthesized(
    [
      { atS: 0, lengthS: 5, hz: 220, level: 0.03, decay: 0 },
      { atS: 6, lengthS: 6, hz: 220, level: 0.5, decay: 0 },
      { atS: 6, lengthS: 0.4, hz: 60, level: 0.8, noise: 0.5 },
      { atS: 9, lengthS: 0.05, hz: 0, level: 0.3, noise: 1 },
    ],
    12,
  )
  const onsets = onsetStrengths(spectrogramOf(samples))
  const loudness = momentaryLoudness(samples, songRateHz)

  it('finds silence, an impact, a drop, and where energy is', () => {
    const [gap] = gapsIn(loudness)
    expect(gap?.startS).toBeCloseTo(5.2, 0)
    expect(gap?.endS).toBeCloseTo(5.9, 0)
    expect(impactsIn(onsets, loudness).map(({ atS }) => Math.round(atS))).toEqual([6])
    expect(dropsIn([0, 2, 4, 6, 8, 10], loudness).map(({ atS }) => atS)).toEqual([6])
    const energy = energyOf(loudness)
    expect(energy[90]).toBeGreaterThan(0.9)
    expect(energy[20]).toBeLessThan(0.4)
  })

  it('finds silence at the ends of a song, and no energy where all is silent', () => {
    const framed = synthesized([{ atS: 2, lengthS: 3, hz: 220, level: 0.3, decay: 0 }], 8)
    const gaps = gapsIn(momentaryLoudness(framed, songRateHz))
    expect(gaps.map(({ startS, endS }) => [Math.round(startS), Math.round(endS)])).toEqual([
      [0, 2],
      [5, 8],
    ])
    const silence = momentaryLoudness(new Float32Array(4 * songRateHz), songRateHz)
    expect(Math.max(...energyOf(silence))).toBe(0)
  })

  it('finds onsets in the bands that they are in', () => {
    const { high } = onsetsIn(onsets)
    expect(high.some(({ atS }) => Math.abs(atS - 9) < 0.03)).toBe(true)
    expect(high.some(({ atS }) => atS > 1 && atS < 4.5)).toBe(false)
  })
})
