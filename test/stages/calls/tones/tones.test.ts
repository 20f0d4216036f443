import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import hear from '../../../../stages/calls/threads/hear-thread.ts'
import render from '../../../../stages/calls/threads/render-thread.ts'
import { burstHopS, burstsOf } from '../../../../stages/calls/tones/bursts.ts'
import { cutsOf } from '../../../../stages/calls/tones/cuts.ts'
import { digitsIn } from '../../../../stages/calls/tones/dtmf.ts'
import type { FoundTone } from '../../../../stages/calls/tones/found-tone.ts'
import { keysPressed } from '../../../../stages/calls/tones/keys-pressed.ts'
import { recognizeTones } from '../../../../stages/calls/tones/recognize.ts'
import { synthesizeTone } from '../../../../stages/calls/tones/synthesize.ts'
import { type ToneKind, toneOf } from '../../../../stages/calls/tones/table.ts'
import { featuresOf } from '../../../../stages/sound/features.ts'
import { temporaryDirectory } from '../../../rig/workbench.ts'
import { noiseOf, rateHz, speech, wavOf } from '../recordings.ts'

const quiet = {
  progress: () => {},
  log: () => {},
  fail: (message: string): never => {
    throw new Error(message)
  },
}

function soundOf(samples: Float32Array) {
  const path = join(temporaryDirectory(), 'tone.wav')
  writeFileSync(path, wavOf(samples))
  return { path, channels: 1, sampleRateHz: rateHz, frames: samples.length }
}

function tone(country: string, kind: ToneKind, lengthS: number): Float32Array {
  const found = toneOf(country, kind)
  if (found === undefined) throw new Error(`no ${kind} in ${country}`)
  return synthesizeTone(found, { lengthS, levelDb: -20, sampleRateHz: rateHz })
}

function tonesIn(samples: Float32Array): readonly FoundTone[] {
  const sound = soundOf(samples)
  return recognizeTones(burstsOf(sound, 0, featuresOf(sound, 0, { hopS: burstHopS })), 0)
}

/** Returns what is heard of a tone that begins after a second, with noise so many dB below it. */
function heard(samples: Float32Array, snrDb: number): readonly FoundTone[] {
  const noise = noiseOf(5)
  const recorded = new Float32Array(samples.length + 2 * rateHz)
  recorded.set(samples, rateHz)
  const height = 10 ** ((-20 - snrDb) / 20) * Math.sqrt(3)
  return tonesIn(recorded.map((sample) => sample + height * noise()))
}

describe('tones of telephone networks', () => {
  it.each([
    ['us', 'ring', 20, 8.5],
    ['us', 'busy', 10, 4],
    ['gb', 'ring', 10, 4],
    ['de', 'congestion', 20, 3],
    ['de', 'busy', 10, 4],
    ['fr', 'ring', 10, 7],
    ['jp', 'ring', 20, 7],
    ['au', 'dial', 10, 3],
    ['it', 'dial', 20, 5],
    ['cn', 'busy', 10, 3],
  ] as const)('are recognized: %s %s, %d dB above noise', (country, kind, snrDb, lengthS) => {
    const found = heard(tone(country, kind, lengthS), snrDb)
    expect(found).toHaveLength(1)
    expect(found[0]?.kind).toBe(kind)
    expect(found[0]?.countries).toContain(country)
    for (const [index, hz] of (toneOf(country, kind)?.hz ?? []).entries())
      expect(Math.abs((found[0]?.hz[index] ?? 0) - hz)).toBeLessThan(1)
    expect(Math.abs((found[0]?.fromS ?? 0) - 1)).toBeLessThan(0.03)
  })

  it('are told from what is the same elsewhere', () => {
    const [found] = heard(tone('es', 'busy', 3), 20)
    expect([`${found?.kind} ${found?.countries.join()}`, ...(found?.otherwise ?? [])].join(' ')).toContain('es')
  })

  it('are not heard in speech', () => {
    expect(tonesIn(speech(8, [{ fromS: 0.5, toS: 7.5 }]))).toEqual([])
  })
})

const found = (kind: ToneKind, fromS: number, toS: number): FoundTone => ({
  ...{ kind, countries: ['fr'], otherwise: [], channel: 0, fromS, toS, hz: [440], cadence: [], bursts: 3, snrDb: 30 },
})

describe('what becomes of tones', () => {
  const request = {
    country: 'auto',
    lengthS: 60,
    tones: [found('ring', 1, 11), found('busy', 55, 59)],
    speech: [[], []],
  }

  it('is nothing where they are only looked for', () => {
    expect(cutsOf({ ...request, callTones: 'find' })).toEqual([{ fromS: 0, lengthS: 60 }])
  })

  it('is that they are cut, but not while the other side speaks', () => {
    const cuts = cutsOf({ ...request, callTones: 'trim', speech: [[], [{ fromS: 9, toS: 20 }]] })
    const rounded = cuts.map(({ fromS = -1, lengthS }) => [Math.round(fromS * 10) / 10, Math.round(lengthS * 10) / 10])
    expect(rounded).toEqual([
      [0, 1],
      [8.8, 46.2],
      [59, 1],
    ])
  })

  it('is that a recording of nothing but tones stays', () => {
    expect(cutsOf({ ...request, callTones: 'trim', tones: [found('busy', 0, 60)] })).toEqual([
      { fromS: 0, lengthS: 60 },
    ])
  })

  it('is that those that are missing are made, as the country has them', () => {
    const names = (country: string, tones: readonly FoundTone[]) =>
      cutsOf({ ...request, callTones: 'complete', country, tones }).map(
        ({ made }) => made && `${made.kind} ${made.country}`,
      )
    expect(names('gb', [])).toEqual(['ring gb', undefined, 'busy gb'])
    expect(names('auto', request.tones)).toEqual([undefined])
    expect(names('auto', request.tones.slice(0, 1))).toEqual([undefined, 'busy fr'])
  })

  it('is written into the call, whose map leads back', () => {
    const call = soundOf(speech(2, [{ fromS: 0.2, toS: 1.8 }]))
    const output = join(temporaryDirectory(), 'call.wav')
    const cuts = cutsOf({ ...request, callTones: 'complete', country: 'fr', lengthS: 2, tones: [] })
    const sides = [{ sound: call, channel: 0, startS: 0, driftPpm: 0 }]
    const { map } = render({ sides, sampleRateHz: rateHz, output, levelSides: true, cuts }, quiet)
    expect(map).toEqual({
      lengthS: 9,
      pieces: [
        { atS: 0, lengthS: 5, made: 'ring fr' },
        { atS: 5, lengthS: 2, fromS: 0 },
        { atS: 7, lengthS: 2, made: 'busy fr' },
      ],
    })
  })
})

/** Returns keys as a telephone sends them: 70 ms each with pauses as long, the columns 2 dB louder than the rows. */
function pressed(keys: string, offBy = 1): Float32Array {
  const [rows, columns] = [
    [697, 770, 852, 941],
    [1209, 1336, 1477, 1633],
  ]
  const part = Math.round(0.07 * rateHz)
  const samples = new Float32Array((2 * keys.length + 2) * part)
  for (const [index, key] of [...keys].entries()) {
    const at = ['123A', '456B', '789C', '*0#D'].findIndex((row) => row.includes(key))
    const column = ['147*', '2580', '369#', 'ABCD'].findIndex((row) => row.includes(key))
    for (let sample = 0; sample < part; sample++) {
      const turn = (2 * Math.PI * offBy * sample) / rateHz
      samples[(2 * index + 1) * part + sample] =
        0.1 * Math.sin(turn * (rows[at] ?? 0)) + 0.126 * Math.sin(turn * (columns[column] ?? 0))
    }
  }
  return samples
}

describe('keys that were pressed', () => {
  it.each([
    [1, 20],
    [1, 12],
    [1.015, 20],
    [0.985, 20],
  ])(
    'are named, with frequencies off by %f, %i dB above noise, and those that follow each other are one number',
    (offBy, snrDb) => {
      const noise = noiseOf(3)
      const height = 0.114 * 10 ** (-snrDb / 20) * Math.sqrt(3)
      const samples = pressed('0123456789*#ABCD', offBy).map((sample) => sample + height * noise())
      const found = keysPressed(digitsIn(soundOf(samples), 0), 0)
      expect(found.map(({ kind, keys }) => [kind, keys])).toEqual([['dtmf', '0123456789*#ABCD']])
      expect(found[0]?.fromS).toBeCloseTo(0.07, 1)
    },
  )

  it('are none in speech', () => {
    expect(digitsIn(soundOf(speech(8, [{ fromS: 0.5, toS: 7.5 }])), 0)).toEqual([])
  })
})

it('levels are those of each tenth of a second, also where the waveform of a long recording is coarser', () => {
  const samples = new Float32Array(200 * rateHz)
  samples.fill(0.5, 100.02 * rateHz, 100.06 * rateHz)
  const { channels, stretchS } = hear(soundOf(samples), quiet)
  expect(stretchS).toBe(0.25)
  const levels = channels[0]?.levels ?? ''
  expect(levels).toHaveLength(2 * 2000)
  expect(levels.slice(2 * 999, 2 * 1002)).toBe('008000')
})

describe('kinds of sound', () => {
  const tone = (
    samples: Float32Array,
    hz: number,
    { fromS, toS }: { readonly fromS: number; readonly toS: number },
  ) => {
    for (let at = Math.round(fromS * rateHz); at < toS * rateHz; at++)
      samples[at] = (samples[at] ?? 0) + 0.3 * Math.sin((2 * Math.PI * hz * at) / rateHz)
    return samples
  }
  const kindsOf = (samples: Float32Array) =>
    (hear(soundOf(samples), quiet).channels[0]?.segments ?? []).map(({ kind }) => kind)

  it('both rings before an answer are tones', () => {
    const samples = speech(16, [{ fromS: 10.5, toS: 15.5 }])
    tone(samples, 425, { fromS: 0.0004, toS: 1.0003 })
    tone(samples, 425, { fromS: 5.0004, toS: 6.0003 })
    expect(kindsOf(samples)).toEqual(['tone', 'tone', 'speech'])
  })

  it('the beep of a mailbox after speech is a tone', () => {
    const samples = tone(speech(7, [{ fromS: 0.3, toS: 5 }]), 1400, { fromS: 5.4, toS: 6.4 })
    expect(kindsOf(samples)).toEqual(['speech', 'tone'])
  })

  it('held notes in music are no tones', () => {
    const samples = new Float32Array(12 * rateHz)
    for (const [index, hz] of [440, 523.25, 587.33, 659.25, 523.25, 440].entries())
      tone(samples, hz, { fromS: 2 * index, toS: 2 * index + 1.98 })
    expect(kindsOf(samples)).toEqual(['music'])
  })
})
