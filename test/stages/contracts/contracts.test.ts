import { copyFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { type Contract, defineStage, StageFailure } from '../../../src/core/index.ts'
import { ffmpeg, ffprobe, hasStreams, isNotSilent, lastsAsLong } from '../../../stages/index.ts'
import { runStage } from '../../rig/stage-context.ts'
import { ffmpegMakes, mediaDirectory } from '../sample.ts'

const media = mediaDirectory()
const { dir } = media
const given = join(dir, 'given.wav')
const tone = (seconds: number) => ['-f', 'lavfi', '-i', `sine=duration=${seconds}`]
const silence = (seconds: number) => ['-f', 'lavfi', '-t', String(seconds), '-i', 'anullsrc=r=16000:cl=mono']
beforeAll(() => ffmpegMakes(given, ...tone(3)))
afterAll(media.remove)

type CopyContract = Contract<{ readonly given: 'file' }, object, { readonly made: string }>

/** Returns what a contract has against an output; nothing when it is kept. */
async function against(contract: CopyContract, made: string): Promise<unknown> {
  const copy = defineStage({
    name: 'copy',
    version: 1,
    inputs: { given: 'file' },
    params: z.object({}),
    outputs: { made: 'made' },
    tools: [ffmpeg, ffprobe],
    contracts: [contract],
    run: ({ outputs }) => copyFileSync(made, outputs.made),
  })
  try {
    await runStage(copy, { inputs: { given }, dir })
    return []
  } catch (error) {
    if (!(error instanceof StageFailure) || error.failure.kind !== 'contract-violated') throw error
    return error.failure.violations
  }
}

describe('lastsAsLong', () => {
  const contract = lastsAsLong({ output: 'made', input: 'given', toleranceS: 0.5 })

  it('is kept within the tolerance', async () => {
    const made = await ffmpegMakes(join(dir, 'near.wav'), ...tone(3.4))
    expect(await against(contract, made)).toEqual([])
  })

  it('is violated by one that is too short, too long, or no media at all', async () => {
    const short = await ffmpegMakes(join(dir, 'short.wav'), ...tone(1.2))
    const message = 'made does not last as long as given'
    const expected = '3.000 s, give or take 0.5 s'
    expect(await against(contract, short)).toEqual([{ message, expected, found: '1.200 s' }])
    const long = await ffmpegMakes(join(dir, 'long.wav'), ...tone(4))
    expect(await against(contract, long)).toEqual([{ message, expected, found: '4.000 s' }])
    expect(await against(contract, import.meta.filename)).toEqual([{ message, expected, found: 'no duration' }])
  })
})

describe('hasStreams', () => {
  it('counts the kinds that it names', async () => {
    const picture = ['-f', 'lavfi', '-i', 'color=s=64x64:d=1']
    const film = await ffmpegMakes(join(dir, 'film.mkv'), ...picture, ...tone(1), '-c:v', 'mpeg4')
    expect(await against(hasStreams('made', { video: 1, audio: 1 }), film)).toEqual([])
    expect(await against(hasStreams('made', { audio: 2, subtitle: 1 }), film)).toEqual([
      { message: 'made has another number of audio streams', expected: '2', found: '1' },
      { message: 'made has another number of subtitle streams', expected: '1', found: '0' },
    ])
    expect(await against(hasStreams('made', {}), import.meta.filename)).toEqual([
      { message: 'made is not a media file' },
    ])
  })
})

describe('isNotSilent', () => {
  it('is kept by a quiet tone, and violated by silence and by a film without sound', async () => {
    const quiet = await ffmpegMakes(join(dir, 'quiet.wav'), ...tone(1), '-af', 'volume=-30dB')
    expect(await against(isNotSilent('made'), quiet)).toEqual([])
    const silent = await ffmpegMakes(join(dir, 'silent.wav'), ...silence(1))
    expect(await against(isNotSilent('made'), silent)).toEqual([
      { message: 'made is silent', expected: 'a peak above -60 dB', found: '-91 dB' },
    ])
    const mute = await ffmpegMakes(join(dir, 'mute.mkv'), '-f', 'lavfi', '-i', 'color=s=64x64:d=1', '-c:v', 'mpeg4')
    expect(await against(isNotSilent('made'), mute)).toEqual([
      { message: 'made is silent', expected: 'a peak above -60 dB', found: 'no sound at all' },
    ])
    expect(await against(isNotSilent('made', { thresholdDb: -10 }), quiet)).toHaveLength(1)
  })
})
