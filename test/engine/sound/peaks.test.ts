import fc from 'fast-check'
import { expect, it } from 'vitest'
import { mediaInput } from '../../../src/engine/sound/media-input.ts'
import { overview, PeakMeter } from '../../../src/engine/sound/peaks.ts'

const samples = (values: readonly number[]) => new Uint8Array(Int16Array.from(values).buffer)

it('keeps the loudest of each hundredth of a second, however the bytes come', () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: -32768, max: 32767 }), { minLength: 1, maxLength: 60 }),
      fc.array(fc.integer({ min: 1, max: 40 })),
      (values, cuts) => {
        const meter = new PeakMeter(400)
        const bytes = samples(values)
        let at = 0
        for (const cut of cuts) {
          meter.add(bytes.subarray(at, at + cut))
          at = Math.min(bytes.length, at + cut)
        }
        meter.add(bytes.subarray(at))
        const expected = Array.from({ length: Math.ceil(values.length / 4) }, (_, piece) =>
          Math.min(255, Math.max(...values.slice(4 * piece, 4 * piece + 4).map(Math.abs)) >> 7),
        )
        const peaks = meter.end()
        expect([peaks.perSecond, [...peaks.values]]).toEqual([100, expected])
      },
    ),
  )
})

it('keeps no more of a day than of two hours, and nothing of it moves', () => {
  const meter = new PeakMeter(100)
  const quiet = samples(new Array(100_000).fill(0))
  for (let part = 0; part < 15; part++) meter.add(quiet)
  meter.add(samples([12_800]))
  for (let part = 0; part < 5; part++) meter.add(quiet)
  const { perSecond, values } = meter.end()
  expect([perSecond, values.length]).toEqual([25, 500_001])
  expect(values.findIndex((value) => value > 0)).toBe(1_500_000 / 4)
  expect(overview({ perSecond, values }, 4)).toEqual([0, 0, 0, 100])
})

it('reads a playlist, a script and what has no ending as no sound', () => {
  for (const name of ['list.m3u8', 'all.ffconcat', 'talk', 'talk.txt', '__proto__', 'a.constructor', 'talk.sdp'])
    expect([name, mediaInput(name)]).toEqual([name, undefined])
  expect(mediaInput('Talk.MP4')).toContain('mov')
})
