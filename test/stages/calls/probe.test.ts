import { readFileSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { testStage } from '../../../src/engine/index.ts'
import { normalize } from '../../../stages/calls/normalize.ts'
import { probe } from '../../../stages/calls/probe.ts'
import { runProgram } from '../../rig/command.ts'
import { temporaryDirectory } from '../../rig/workbench.ts'
import { rateHz, speech, wavOf, writeRecording } from './recordings.ts'

const lengthS = 2
const said = speech(lengthS, [{ fromS: 0.2, toS: 1.8 }], 140, 4)

/** Returns a recording in a format, and what `probe` makes of it. */
async function probed(name: string, change: (path: string) => void = () => {}, ...codec: readonly string[]) {
  const dir = temporaryDirectory()
  const source = writeRecording(join(dir, 'source.wav'), wavOf(said))
  const path = join(dir, name)
  if (codec.length === 0) writeFileSync(path, readFileSync(source))
  else await runProgram('ffmpeg', ['-v', 'error', '-i', source, ...codec, path], dir)
  change(path)
  const extension = name.split('.').at(-1) ?? ''
  const { outputs, failure } = await testStage(probe, { inputs: { recording: path, extension } })
  if (outputs === undefined) throw new Error(JSON.stringify(failure))
  const bytes = readFileSync(outputs.sound)
  const samples = new Int16Array(bytes.buffer.slice(bytes.byteOffset + 44, bytes.byteOffset + bytes.length))
  return { recording: outputs.recording, samples }
}

/** Returns how alike two sounds are: 1 for the same. */
function likeness(one: ArrayLike<number>, other: ArrayLike<number>): number {
  let [both, ones, others] = [0, 0, 0]
  for (let index = 0; index < Math.min(one.length, other.length); index++) {
    const [a, b] = [one[index] ?? 0, other[index] ?? 0]
    both += a * b
    ones += a * a
    others += b * b
  }
  return both / Math.sqrt(ones * others)
}

const unfinished = (path: string) => {
  const bytes = readFileSync(path)
  bytes.writeUInt32LE(0xffffffff, bytes.indexOf('data') + 4)
  writeFileSync(path, bytes)
}

describe('a recording', () => {
  it.each([
    ['pcm.wav', []],
    ['a.wav', ['-c:a', 'pcm_alaw']],
    ['u.wav', ['-c:a', 'pcm_mulaw']],
    ['gsm.wav', ['-c:a', 'libgsm_ms']],
    ['24.wav', ['-c:a', 'pcm_s24le']],
    ['x.ulaw', ['-f', 'mulaw']],
    ['x.flac', []],
  ])('is read: %s', async (name, codec) => {
    const args = name.endsWith('flac') ? ['-c:a', 'flac'] : codec
    const { recording, samples } = await probed(name, undefined, ...args)
    expect(recording.problem).toBeUndefined()
    expect(recording.mended).toEqual([])
    expect(recording.sound).toMatchObject({ sampleRateHz: rateHz, channels: 1 })
    expect(Math.abs(recording.durationS - lengthS)).toBeLessThan(0.05)
    expect(likeness(samples, said)).toBeGreaterThan(name.startsWith('gsm') ? 0.8 : 0.98)
  })

  it('is mended where its head was never finished, also where a program decodes it', async () => {
    const { recording, samples } = await probed('gsm.wav', unfinished, '-c:a', 'libgsm_ms')
    expect(recording.mended).toEqual(['the head had no length'])
    expect(Math.abs(samples.length - said.length)).toBeLessThan(400)
  })

  it.each([
    ['empty.wav', (path: string) => writeFileSync(path, ''), 'the file is empty'],
    ['cut.wav', (path: string) => truncateSync(path, 30), 'it is a WAV file, but it ends within its head'],
    ['text.mp3', (path: string) => writeFileSync(path, 'hello'), 'it cannot be read as a media file'],
  ])('that is broken is named with the cause: %s', async (name, change, problem) => {
    const { recording, samples } = await probed(name, change)
    expect(recording.problem).toContain(problem)
    expect(samples.length).toBe(0)
  })
})

describe('the loudness of a call', () => {
  async function normalized(params: object) {
    const dir = temporaryDirectory()
    // A click far above the speech, as when a receiver is put down.
    const clicked = said.map((sample, index) => (index === 9000 ? 0.99 : sample * 0.1))
    const path = writeRecording(join(dir, 'sound.wav'), wavOf(clicked))
    const { outputs: read } = await testStage(probe, { inputs: { recording: path, extension: 'wav' } })
    if (read === undefined) throw new Error('not read')
    const inputs = { sounds: [path], recordings: [read.recording], alignment: undefined, tones: [], hearings: [] }
    const { outputs, failure } = await testStage(normalize, { inputs, params })
    if (outputs === undefined) throw new Error(JSON.stringify(failure))
    return outputs.level
  }

  it('stays below the target where a peak keeps it from it, and says so', async () => {
    const level = await normalized({})
    expect(level).toMatchObject({ mode: 'linear', limitedBy: 'peak' })
    expect(level.after.integratedLufs ?? 0).toBeLessThan(-23.2)
    expect(level.after.truePeakDb).toBeLessThanOrEqual(-1)
  })

  it('is reached where peaks may be limited', async () => {
    const level = await normalized({ dynamic: true })
    expect(level).toMatchObject({ mode: 'dynamic' })
    expect(level.limitedBy).toBeUndefined()
    expect(Math.abs((level.after.integratedLufs ?? 0) + 23)).toBeLessThanOrEqual(0.2)
    expect(level.after.truePeakDb).toBeLessThanOrEqual(-1)
  })

  it('is not reached by more gain than allowed', async () => {
    expect(await normalized({ dynamic: true, maxGainDb: 3 })).toMatchObject({ gainDb: 3, limitedBy: 'gain' })
  })
})
