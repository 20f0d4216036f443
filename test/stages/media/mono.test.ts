import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { beeps, heard } from '../recordings.ts'
import { ffmpegMakes, mediaDirectory } from '../sample.ts'

const media = mediaDirectory()
const { dir } = media
afterAll(media.remove)

describe('no sound is lost where channels are mixed', () => {
  it.each([
    ['opposite channels', 'pan=stereo|c0=c0|c1=-1*c0'],
    ['opposite and not as loud', 'pan=stereo|c0=c0|c1=-0.9*c0'],
    ['opposite from the second tone on', "pan=stereo|c0=c0|c1=c0,aeval='val(0)|val(1)*(1-2*gte(t,2))':c=same"],
    ['the left channel alone', 'pan=stereo|c0=c0|c1=0*c0'],
    ['the right channel alone', 'pan=stereo|c0=0*c0|c1=c0'],
    ['opposite at the sides of a room', 'pan=quad|c0=c0|c1=-1*c0|c2=c0|c3=-1*c0'],
    ['the same on both sides', 'pan=stereo|c0=c0|c1=c0'],
    ['one channel', 'anull'],
  ])('%s', async (_, filter) => {
    const video = await ffmpegMakes(join(dir, 'mixed.flac'), ...beeps(4), '-af', filter)
    expect((await heard(dir, video)).starts).toEqual([expect.closeTo(1, 1), expect.closeTo(3, 1)])
  })
})

describe('samples of any kind', () => {
  it.each([
    ['8 bits', 'a.wav', ['-c:a', 'pcm_u8']],
    ['24 bits', 'b.wav', ['-c:a', 'pcm_s24le']],
    ['floats', 'c.wav', ['-c:a', 'pcm_f32le']],
    ['floats of 64 bits', 'd.wav', ['-c:a', 'pcm_f64le']],
    ['a head of 64 bits', 'e.wav', ['-rf64', 'always']],
    ['192 kHz', 'f.wav', ['-ar', '192000']],
  ])('%s', async (_, name, args) => {
    const video = await ffmpegMakes(join(dir, name), ...beeps(4), ...args)
    expect((await heard(dir, video)).starts).toEqual([expect.closeTo(1, 1), expect.closeTo(3, 1)])
  })

  it('those of a telephone are warned of', async () => {
    const call = await ffmpegMakes(join(dir, 'call.wav'), ...beeps(2), '-ar', '8000')
    expect((await heard(dir, call)).warnings).toEqual([
      'the sound has 8000 Hz, as on a telephone: more words than usual will be wrong',
    ])
  })
})
