import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { wavHeader, wavSamples } from '../../../stages/media/wav.ts'
import { aLawTable, muLawTable } from '../../../stages/sound/g711.ts'
import { LoudnessMeter } from '../../../stages/sound/loudness-meter.ts'
import { measureParts } from '../../../stages/sound/parts-meter.ts'
import { PeakMeter } from '../../../stages/sound/peak-meter.ts'
import { temporaryDirectory } from '../../rig/workbench.ts'

const sine = (hz: number, db: number, seconds: number, rateHz: number, phase = 0) =>
  Float32Array.from(
    { length: seconds * rateHz },
    (_, index) => 10 ** (db / 20) * Math.sin((2 * Math.PI * hz * index) / rateHz + phase),
  )

describe('a meter of loudness', () => {
  it.each([8000, 16_000, 48_000])('measures the first signal of EBU Tech 3341 at %d Hz: -23 LUFS', (rateHz) => {
    const meter = new LoudnessMeter(rateHz, 2)
    const tone = sine(1000, -23, 5, rateHz)
    meter.add([tone, tone])
    expect(Math.abs(meter.integratedLufs + 23)).toBeLessThan(0.1)
  })

  it('leaves out what is 10 LU quieter, as the third signal wants it', () => {
    const meter = new LoudnessMeter(16_000, 2)
    for (const [db, seconds] of [
      [-36, 10],
      [-23, 60],
      [-36, 10],
    ] as const) {
      const tone = sine(1000, db, seconds, 16_000)
      meter.add([tone, tone])
    }
    expect(Math.abs(meter.integratedLufs + 23)).toBeLessThan(0.1)
  })

  it('says that silence has none', () => {
    const meter = new LoudnessMeter(8000, 1)
    meter.add([new Float32Array(8000)])
    expect(meter.integratedLufs).toBe(Number.NEGATIVE_INFINITY)
  })
})

describe('a meter of true peaks', () => {
  it('sees what is between the samples, also across blocks', () => {
    const meter = new PeakMeter()
    const tone = sine(2000, 0, 1, 8000, Math.PI / 4)
    for (let at = 0; at < tone.length; at += 7) meter.add([tone.subarray(at, at + 7)])
    // Its samples are 3 dB below its peaks.
    expect(Math.max(...tone)).toBeCloseTo(Math.SQRT1_2, 4)
    expect(Math.abs(20 * Math.log10(meter.peak))).toBeLessThan(0.2)
  })
})

describe('a meter of a sound and its parts', () => {
  const rateHz = 8000
  const inFile = (channels: readonly Float32Array[]) => {
    const frames = channels[0]?.length ?? 0
    const samples = Int16Array.from({ length: frames * channels.length }, (_, at) =>
      Math.round(32_767 * (channels[at % channels.length]?.[Math.floor(at / channels.length)] ?? 0)),
    )
    const path = join(temporaryDirectory(), 'sound.wav')
    writeFileSync(path, Buffer.concat([wavHeader(rateHz, frames, channels.length), wavSamples(samples)]))
    return { path, channels: channels.length, sampleRateHz: rateHz, frames }
  }
  const loud = sine(1000, -23, 5, rateHz)
  const soft = sine(1000, -29, 5, rateHz)
  const both = Float32Array.from([...loud, ...soft])

  it('measures each part as if it were alone, and the whole with all of them', () => {
    const { partsLufs, integratedLufs } = measureParts(inFile([both, both]), [loud.length, both.length])
    expect(partsLufs.map((lufs) => Math.round(lufs))).toEqual([-23, -29])
    const meter = new LoudnessMeter(rateHz, 2)
    meter.add([both, both])
    expect(integratedLufs).toBeCloseTo(meter.integratedLufs, 2)
  })

  it('counts a voice on two channels twice, and other channels by themselves', () => {
    const one = measureParts(inFile([loud]))
    expect(measureParts(inFile([loud, loud])).integratedLufs - one.integratedLufs).toBeCloseTo(3.01, 2)
    const silent = new Float32Array(loud.length)
    expect(measureParts(inFile([loud, silent])).integratedLufs).toBeCloseTo(one.integratedLufs, 6)
    const right = measureParts(inFile([silent, loud]))
    expect(right.integratedLufs).toBeCloseTo(one.integratedLufs, 6)
    expect(right.truePeakDb).toBeCloseTo(one.truePeakDb, 6)
  })

  it('says that what is not there is silent', () => {
    const { integratedLufs, partsLufs } = measureParts(inFile([loud]), [loud.length, 2 * loud.length])
    expect(partsLufs).toEqual([expect.closeTo(integratedLufs, 6), Number.NEGATIVE_INFINITY])
    expect(measureParts(inFile([new Float32Array(0)])).integratedLufs).toBe(Number.NEGATIVE_INFINITY)
  })
})

describe('G.711', () => {
  it('has the values of the recommendation', () => {
    const [aLaw, muLaw] = [aLawTable(), muLawTable()]
    expect([0xd5, 0x55, 0xaa, 0x2a].map((code) => aLaw[code])).toEqual([8, -8, 32_256, -32_256])
    expect([0xff, 0x7f, 0x80, 0x00].map((code) => muLaw[code])).toEqual([0, 0, 32_124, -32_124])
  })
})
