import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { findSamples } from '../../../../stages/speech/wav.ts'
import { frameLevels, presenceByLevel } from '../../../../stages/speech/whisper/level-detector.ts'
import { frameS, frameSamples, speechSpans, windowsOf } from '../../../../stages/speech/whisper/speech-presence.ts'
import { temporaryDirectory } from '../../../rig/workbench.ts'

const frames = (seconds: number, probability: number) =>
  Array.from({ length: Math.round(seconds / frameS) }, () => probability)

describe('speechSpans', () => {
  it('leaves out silence and clicks, and keeps a margin', () => {
    const probabilities = [...frames(2, 0), ...frames(1, 0.9), ...frames(2, 0), ...frames(0.05, 0.9), ...frames(2, 0)]
    const [span, ...others] = speechSpans(probabilities)
    expect(others).toEqual([])
    expect((span?.from ?? 0) * frameS).toBeCloseTo(1.75, 1)
    expect((span?.to ?? 0) * frameS).toBeCloseTo(3.25, 1)
  })

  it('goes on over a short pause', () => {
    expect(speechSpans([...frames(1, 0.9), ...frames(0.2, 0), ...frames(1, 0.9)])).toHaveLength(1)
  })
})

describe('windowsOf', () => {
  it('cuts at long pauses, and never makes a window longer than Whisper hears', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.double({ min: 0.2, max: 70, noNaN: true }), fc.boolean()), { maxLength: 12 }),
        (parts) => {
          const probabilities = parts.flatMap(([seconds, isSpeech]) => frames(seconds, isSpeech ? 0.9 : 0))
          const spans = speechSpans(probabilities)
          const windows = windowsOf(spans, probabilities)
          for (const [index, { from, to }] of windows.entries()) {
            expect(to).toBeGreaterThan(from)
            expect((to - from) * frameS).toBeLessThanOrEqual(28)
            expect(from).toBeGreaterThanOrEqual(windows[index - 1]?.to ?? 0)
          }
          const isCovered = (frame: number) => windows.some(({ from, to }) => frame >= from && frame < to)
          for (const { from, to } of spans) expect([from, to - 1].every(isCovered)).toBe(true)
        },
      ),
      { numRuns: 50 },
    )
  })
})

describe('the level of a recording', () => {
  function wav(samples: readonly number[]): string {
    const path = join(temporaryDirectory(), 'audio.wav')
    const head = Buffer.alloc(44)
    head.write('RIFF', 0)
    head.write('WAVEfmt ', 8)
    head.writeUInt32LE(16, 16)
    head.writeUInt16LE(1, 20)
    head.writeUInt16LE(1, 22)
    head.writeUInt32LE(16_000, 24)
    head.writeUInt16LE(16, 34)
    head.write('data', 36)
    head.writeUInt32LE(2 * samples.length, 40)
    writeFileSync(path, Buffer.concat([head, Buffer.from(Int16Array.from(samples).buffer)]))
    return path
  }
  const tone = (seconds: number, height: number) =>
    Array.from({ length: seconds * 16_000 }, (_, index) => Math.round(height * Math.sin(index / 5)))

  it('tells loud from quiet, frame by frame', async () => {
    const samples = await findSamples(wav([...tone(2, 20), ...tone(1, 12_000), ...tone(2, 20)]))
    if (samples === undefined) throw new Error('the file of the test is one')
    expect(samples).toMatchObject({ dataAt: 44, samples: 80_000 })
    const levels = await frameLevels(samples)
    expect(levels).toHaveLength(Math.floor(80_000 / frameSamples))
    expect(speechSpans(presenceByLevel(levels))).toHaveLength(1)
  })

  it('finds no speech in silence', async () => {
    const samples = await findSamples(wav(tone(3, 0)))
    if (samples === undefined) throw new Error('the file of the test is one')
    expect(speechSpans(presenceByLevel(await frameLevels(samples)))).toEqual([])
  })

  it('takes only WAV files of 16 kHz', async () => {
    const path = join(temporaryDirectory(), 'audio.wav')
    writeFileSync(path, 'RIFF')
    expect(await findSamples(path)).toBeUndefined()
  })
})
