import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { beeps, heard, muxed, picture, startsInFilms, x264 } from '../recordings.ts'
import { ffmpegMakes, mediaDirectory, probe } from '../sample.ts'

const media = mediaDirectory()
const { dir } = media
const path = (name: string) => join(dir, name)
const film = path('film.mp4')
beforeAll(() => ffmpegMakes(film, ...picture(4), ...beeps(4), ...x264, '-c:a', 'aac', '-t', '4'))
afterAll(media.remove)

const streamsOf = async (file = '') => (await probe(file)).streams.map(({ kind, codec }) => `${kind} ${codec}`)

/** Expects both films to decode, with the tones of the film at their times. */
async function expectPlays(video: string): Promise<Awaited<ReturnType<typeof muxed>>> {
  const made = await muxed(dir, video)
  for (const starts of await startsInFilms(dir, [made.paths.mp4, made.paths.mkv])) {
    expect(starts).toEqual([expect.closeTo(1, 0.8), expect.closeTo(3, 0.8)])
    expect(Math.abs((starts[0] ?? 0) - 1)).toBeLessThan(0.15)
  }
  return made
}

describe('codecs that a container lacks', () => {
  const x = [...x264]
  it.each([
    [
      'LPCM of a camcorder',
      'a.m2ts',
      [...x, '-c:a', 'pcm_bluray', '-ac', '2', '-mpegts_m2ts_mode', '1', '-f', 'mpegts'],
    ],
    ['LPCM of a disc', 'a.vob', ['-c:v', 'mpeg2video', '-c:a', 'pcm_dvd', '-ac', '2', '-f', 'vob']],
    ['Nellymoser', 'a.flv', ['-c:v', 'flv', '-c:a', 'nellymoser', '-ar', '22050', '-ac', '1']],
    ['ADPCM of Flash', 'b.flv', [...x, '-c:a', 'adpcm_swf', '-ar', '22050']],
    ['True Audio', 'a.tta', ['-vn', '-c:a', 'tta']],
    ['QuickTime Animation', 'a.mov', ['-c:v', 'qtrle', '-c:a', 'pcm_s16be']],
    ['raw pictures', 'a.avi', ['-c:v', 'rawvideo', '-pix_fmt', 'bgr24', '-c:a', 'pcm_s16le']],
    ['ProRes', 'b.mov', ['-c:v', 'prores_ks', '-c:a', 'pcm_s24be']],
    ['RealVideo', 'a.rm', ['-c:v', 'rv20', '-c:a', 'ac3', '-s', '176x144']],
    ['Theora with Vorbis', 'a.ogv', ['-c:v', 'libtheora', '-c:a', 'libvorbis']],
    [
      'VP9 with an alpha channel',
      'a.webm',
      ['-c:v', 'libvpx-vp9', '-deadline', 'realtime', '-cpu-used', '8', '-pix_fmt', 'yuva420p'],
    ],
    ['WavPack', 'a.wv', ['-vn', '-c:a', 'wavpack']],
    ['Core Audio of 64 bits', 'a.caf', ['-vn', '-c:a', 'pcm_f64be']],
    ['AIFF of 8 bits', 'a.aiff', ['-vn', '-c:a', 'pcm_s8']],
  ])('%s', async (_, name, args) => {
    await ffmpegMakes(path(name), ...picture(4), ...beeps(4), ...args, '-t', '4')
    await expectPlays(path(name))
  })
})

describe('tracks that cannot be kept', () => {
  /** Gives the last sound track of a QuickTime film another name, which ffmpeg may not know. */
  function renamed(from: string, name: string, fourcc: string, nth: 'first' | 'last' = 'last'): string {
    const bytes = readFileSync(from)
    const entry = bytes.indexOf(
      'mp4a',
      nth === 'last' ? bytes.lastIndexOf('stsd') : bytes.indexOf('stsd', bytes.indexOf('smhd')),
    )
    bytes.write(fourcc, entry, 'latin1')
    bytes.write('dapa', bytes.indexOf('esds', entry), 'latin1')
    writeFileSync(path(name), bytes)
    return path(name)
  }
  const two = () => ffmpegMakes(path('two.mov'), '-i', film, '-map', '0:v', '-map', '0:a', '-map', '0:a', '-c', 'copy')

  it.each(['apac', 'mha1'])('a second sound track of %s is left out, and said to be', async (fourcc) => {
    const phone = renamed(await two(), 'phone.mov', fourcc)
    expect((await heard(dir, phone)).starts).toHaveLength(2)
    const { paths, warnings } = await expectPlays(phone)
    expect((await streamsOf(paths.mp4)).slice(0, 2)).toEqual(['video h264', 'audio aac'])
    expect(warnings.join()).toContain('left out of the mp4: audio (stream 2, ')
  })

  it('the first one, too', async () => {
    const phone = renamed(await two(), 'phone.mov', 'apac', 'first')
    expect((await heard(dir, phone)).starts).toHaveLength(2)
    await expectPlays(phone)
    await expect(heard(dir, phone, { audioTrack: 0 })).rejects.toThrow(
      /cannot decode the sound of the input 'video': audio \(stream 1/,
    )
  })

  it('a film whose only sound is not known is refused, and nothing else is said', async () => {
    const unknown = renamed(await ffmpegMakes(path('one.mov'), '-i', film, '-c', 'copy'), 'unknown.mov', 'apac')
    await expect(heard(dir, unknown)).rejects.toThrow(
      /ffmpeg cannot decode the sound of the input 'video': audio \(stream 1/,
    )
  })

  it('timecode, data and timed text are left out, and said to be', async () => {
    const text = path('text.srt')
    writeFileSync(text, '1\n00:00:01,000 --> 00:00:02,000\nold\n\n')
    const studio = await ffmpegMakes(
      path('studio.mov'),
      ...[
        '-i',
        film,
        '-i',
        text,
        '-map',
        '0',
        '-map',
        '1',
        '-c',
        'copy',
        '-c:s',
        'mov_text',
        '-timecode',
        '01:00:00:00',
      ],
    )
    const { warnings, report } = await expectPlays(studio)
    expect(report.mkv.leftOut.map(({ kind }) => kind)).toEqual(['subtitle', 'data'])
    expect(warnings.join('\n')).toContain(
      'left out of the mkv: subtitles (stream 2, mov_text), data (stream 3, unknown, eng)',
    )
  })
})

describe('pictures that do not move', () => {
  it.each(['mp3', 'm4a', 'mka'])('a cover in %s is left out, and the sound is kept', async (ending) => {
    const cover = await ffmpegMakes(path('cover.png'), ...picture(1, '64x64'), '-frames:v', '1')
    const args = ['-map', '0', '-map', '1', '-c:v', 'copy', '-disposition:v', 'attached_pic']
    const attached = ['-attach', cover, '-metadata:s:t', 'mimetype=image/png']
    const album = await ffmpegMakes(
      path(`album.${ending}`),
      ...beeps(4),
      ...(ending === 'mka' ? attached : ['-i', cover, ...args]),
    )
    expect((await heard(dir, album)).starts).toHaveLength(2)
    const { report } = await expectPlays(album)
    expect(report.mp4.leftOut).toHaveLength(1)
  })

  it('a GIF is refused for want of sound', async () => {
    const gif = await ffmpegMakes(path('a.gif'), ...picture(1))
    await expect(heard(dir, gif)).rejects.toThrow("the input 'video' has no sound")
  })
})

describe('many channels', () => {
  /** A WAV file as a recorder with so many inputs writes it: no speaker is named. */
  function recorder(channels: number, name: string): string {
    const rateHz = 48_000
    const samples = Buffer.alloc(rateHz * 4 * channels * 2)
    for (let at = 0; at < rateHz * 4; at++) {
      const isTone = at % (2 * rateHz) >= rateHz && at % (2 * rateHz) < 1.1 * rateHz
      const value = isTone ? Math.round(16_000 * Math.sin((880 * 2 * Math.PI * at) / rateHz)) : 0
      for (let channel = 0; channel < channels; channel++)
        samples.writeInt16LE(channel % 4 < 2 ? value : -value, (at * channels + channel) * 2)
    }
    const head = Buffer.alloc(44)
    head.write('RIFF', 0)
    head.writeUInt32LE(samples.length + 36, 4)
    head.write('WAVEfmt ', 8)
    head.writeUInt32LE(16, 16)
    head.writeUInt16LE(1, 20)
    head.writeUInt16LE(channels, 22)
    head.writeUInt32LE(rateHz, 24)
    head.writeUInt32LE(rateHz * channels * 2, 28)
    head.writeUInt16LE(channels * 2, 32)
    head.writeUInt16LE(16, 34)
    head.write('data', 36)
    head.writeUInt32LE(samples.length, 40)
    writeFileSync(path(name), Buffer.concat([head, samples]))
    return path(name)
  }

  it.each([7, 10, 24])('%d', async (channels) => {
    const video = recorder(channels, `r${channels}.wav`)
    expect((await heard(dir, video)).starts).toHaveLength(2)
    await expectPlays(video)
  })
})
