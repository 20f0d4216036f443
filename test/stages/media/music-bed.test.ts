import { readFileSync, writeFileSync } from 'node:fs'
import { defineStage } from 'reprise'
import { describe, expect, it } from 'vitest'
import * as z from 'zod'
import { testStage } from '../../../src/index.ts'
import { mixMusic, musicLevel } from '../../../stages/media/music-bed.ts'
import { wavFile } from '../../../stages/media/wav.ts'
import { ffmpeg } from '../../../stages/tools/ffmpeg.ts'
import { temporaryDirectory } from '../../rig/workbench.ts'

const rateHz = 48_000
const spoken = [
  { startS: 0.4, endS: 3 },
  { startS: 3.5, endS: 5 },
  { startS: 9, endS: 11 },
]

/** Returns sound that is always as loud, and has no period. */
function noise(seconds: number, level: number, isOn: (atS: number) => boolean = () => true): Int16Array {
  let state = 1
  return Int16Array.from({ length: seconds * rateHz }, (_, at) => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648
    return isOn(at / rateHz) ? Math.round(level * (state / 1_073_741_824 - 1)) : 0
  })
}

const mix = defineStage({
  name: 'mix',
  version: 1,
  inputs: { voice: 'file', music: 'file' },
  params: z.object({ durationS: z.number() }),
  outputs: { mixed: 'mixed.wav' },
  tools: [ffmpeg],
  async run(context) {
    const { inputs, params, outputs } = context
    const made = await mixMusic(context, {
      ...inputs,
      ...params,
      spoken,
      underLu: 15,
      riseLu: 6,
      output: outputs.mixed,
    })
    context.log(JSON.stringify(made))
  },
})

/** Returns the level of a span of both channels, in decibels. */
function levelDb(samples: Int16Array, fromS: number, toS: number): number {
  const part = samples.subarray(2 * Math.round(fromS * rateHz), 2 * Math.round(toS * rateHz))
  return 10 * Math.log10(part.reduce((sum, sample) => sum + sample * sample, 0) / part.length)
}

describe('music under a voice', () => {
  it('is looped without a gap, under the voice by what is asked, louder in pauses, and gone at the end', async () => {
    const dir = temporaryDirectory()
    const write = (name: string, samples: Int16Array) => {
      writeFileSync(`${dir}/${name}`, wavFile({ sampleRateHz: rateHz, samples }))
      return `${dir}/${name}`
    }
    const isOn = (atS: number) => spoken.some(({ startS, endS }) => atS >= startS && atS < endS)
    const inputs = { voice: write('voice.wav', noise(14, 9000, isOn)), music: write('music.wav', noise(3, 4000)) }
    const { outputs, failure, log } = await testStage(mix, { inputs, params: { durationS: 14 } })
    expect(failure).toBeUndefined()
    expect(log.join('\n')).toContain('{"underLu":15,"loops":6}')
    const wav = readFileSync(outputs?.mixed ?? '')
    const samples = new Int16Array(wav.buffer.slice(wav.byteOffset + 44, wav.byteOffset + wav.length))
    expect(samples.length / 2 / rateHz).toBeCloseTo(14, 3)
    const [voiceDb, lowDb, highDb] = [levelDb(samples, 1, 2.9), levelDb(samples, 3.05, 3.45), levelDb(samples, 6, 8.5)]
    // The voice is louder than its integrated loudness, which has blocks at the edges of its pauses, too.
    expect(Math.abs(voiceDb - lowDb - 15)).toBeLessThan(2)
    expect(highDb - lowDb).toBeCloseTo(6, 0)
    for (let atS = 6; atS < 8.4; atS += 0.1) expect(levelDb(samples, atS, atS + 0.1)).toBeGreaterThan(highDb - 2)
    expect(levelDb(samples, 13.95, 14)).toBeLessThan(lowDb - 10)
  })

  it.each([
    ['silent', noise(3, 0), "the input 'music' is silent"],
    ['too short', noise(1, 4000), "the input 'music' lasts 1.0 s: it must last 2 s to be looped"],
    ['no sound', undefined, "the input 'music' has no sound that can be decoded"],
  ])('is refused where it is %s', async (_, samples, message) => {
    const dir = temporaryDirectory()
    writeFileSync(`${dir}/voice.wav`, wavFile({ sampleRateHz: rateHz, samples: noise(4, 9000) }))
    writeFileSync(`${dir}/music.wav`, samples === undefined ? 'none' : wavFile({ sampleRateHz: rateHz, samples }))
    const inputs = { voice: `${dir}/voice.wav`, music: `${dir}/music.wav` }
    const { failure } = await testStage(mix, { inputs, params: { durationS: 4 } })
    expect(JSON.stringify(failure)).toContain(message)
  })

  it('stays low in pauses that are short, and falls before somebody speaks', () => {
    const level = musicLevel({ durationS: 14, spoken, riseLu: 6 })
    const low = 10 ** (-6 / 20)
    expect([1, 3.2, 4, 6.5].map(level)).toEqual([low, low, low, 1])
    expect([8.6, 8.95, 10, 12, 14].map((atS) => Math.round(100 * level(atS)) / 100)).toEqual([1, 0.5, 0.5, 1, 0])
  })
})
