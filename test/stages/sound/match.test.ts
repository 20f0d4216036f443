import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import align from '../../../stages/calls/threads/align-thread.ts'
import { temporaryDirectory } from '../../rig/workbench.ts'
import { noiseOf, rateHz, speech, wavOf } from '../calls/recordings.ts'

const lengthS = 30
const a = speech(
  lengthS,
  [4, 12, 20].map((fromS) => ({ fromS, toS: fromS + 4.5 })),
  180,
  3,
)
const b = speech(
  lengthS,
  [1, 9, 17, 25].map((fromS) => ({ fromS, toS: fromS + 3 })),
  110,
  8,
)

/** Returns what a recorder hears: its own side, the other one quietly, and noise. It begins late, and its clock is off. */
function recorded(
  own: Float32Array,
  other: Float32Array,
  leak: number,
  { startS, driftPpm, seed }: { startS: number; driftPpm: number; seed: number },
) {
  const noise = noiseOf(seed)
  const samples = new Float32Array(Math.floor(((lengthS - startS) * rateHz) / (1 + driftPpm / 1e6)) - 1)
  const at = (sound: Float32Array, place: number) => {
    const whole = Math.floor(place)
    return (sound[whole] ?? 0) * (1 - place + whole) + (sound[whole + 1] ?? 0) * (place - whole)
  }
  return samples.map((_, index) => {
    const place = startS * rateHz + index / (1 + driftPpm / 1e6)
    return at(own, place) + leak * at(other, place) + 0.0005 * noise()
  })
}

function alignmentOf(one: Float32Array, other: Float32Array) {
  const dir = temporaryDirectory()
  const sounds = [one, other].map((sound, index) => {
    const path = join(dir, `${index}.wav`)
    writeFileSync(path, wavOf(sound))
    return { path, channels: 1, sampleRateHz: rateHz, frames: sound.length }
  })
  const unused = () => {
    throw new Error('not called')
  }
  return align({ sounds, maxOffsetS: 5 }, { progress: () => {}, log: unused, fail: unused })
}

describe('the recordings of a call', () => {
  it.each([
    [0, 0],
    [0.737, 0],
    [1.25, 80],
    [2.111, -120],
  ])('are aligned within 10 ms where the second begins %d s late, and drifts by %d ppm', (startS, driftPpm) => {
    const first = recorded(a, b, 0.05, { startS: 0, driftPpm: 0, seed: 1 })
    const second = recorded(b, a, 0.05, { startS, driftPpm, seed: 2 })
    const { legs, by } = alignmentOf(first, second)
    expect(by).toBe('sound')
    const placeOf = (leg: number, callS: number) => {
      const { startS: at, driftPpm: drift } = legs[leg] ?? { startS: 0, driftPpm: 0 }
      return (callS - at) * (1 + drift / 1e6)
    }
    for (const callS of [3, 15, 27]) {
      expect(Math.abs(placeOf(0, callS) - callS)).toBeLessThan(0.01)
      expect(Math.abs(placeOf(1, callS) - (callS - startS) * (1 + driftPpm / 1e6))).toBeLessThan(0.01)
    }
  })

  it('are aligned where the first begins late', () => {
    const first = recorded(a, b, 0.05, { startS: 1.5, driftPpm: 0, seed: 1 })
    const second = recorded(b, a, 0.05, { startS: 0, driftPpm: 0, seed: 2 })
    const { legs } = alignmentOf(first, second)
    expect(legs.map(({ startS }) => Math.round(startS * 100) / 100)).toEqual([1.5, 0])
  })

  it('are taken to begin together where nothing is heard in both', () => {
    const first = recorded(a, b, 0, { startS: 0, driftPpm: 0, seed: 1 })
    const second = recorded(b, a, 0, { startS: 0.5, driftPpm: 0, seed: 2 })
    expect(alignmentOf(first, second)).toMatchObject({ by: 'start', legs: [{ startS: 0 }, { startS: 0 }] })
  })
})
