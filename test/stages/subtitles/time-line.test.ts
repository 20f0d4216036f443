import { execFile } from 'node:child_process'
import { appendFileSync, copyFileSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { beeps, heard, muxed, picture, startsInFilms, x264 } from '../recordings.ts'
import { ffmpegMakes, mediaDirectory } from '../sample.ts'

const run = promisify(execFile)
const packetTimes = ['-show_entries', 'packet=pts_time', '-of', 'csv=p=0']
const media = mediaDirectory()
const { dir } = media
const path = (name: string) => join(dir, name)
const film = path('film.mp4')
const encoded = [...x264, '-c:a', 'aac']
beforeAll(() => ffmpegMakes(film, ...picture(4), ...beeps(4), ...encoded, '-t', '4'))
afterAll(media.remove)

/** Writes one file after another into one. */
function joined(name: string, ...parts: readonly string[]): string {
  writeFileSync(path(name), '')
  for (const part of parts) appendFileSync(path(name), readFileSync(part))
  return path(name)
}

/** Two parts of 4 s, joined: the tones are at 1, 3, 5 and 7 s. */
async function twoParts(ending: string, first: readonly string[], second: readonly string[]): Promise<string> {
  const one = await ffmpegMakes(path(`one-part.${ending}`), ...first)
  const other = await ffmpegMakes(path(`other-part.${ending}`), ...second)
  return joined(`${crypto.randomUUID()}.${ending}`, one, other)
}

const part = (channels: number, rateHz: number, ...more: string[]) => [
  ...[...picture(4), ...beeps(4, rateHz), ...x264, '-ac', String(channels), '-ar', String(rateHz), '-t', '4'],
  ...more,
]
const sound = (channels: number, rateHz: number, ...more: string[]) => [
  ...[...beeps(4, rateHz), '-ac', String(channels), '-ar', String(rateHz)],
  ...more,
]

async function expectStarts(video: string, starts: readonly number[], lengthS: number): Promise<void> {
  const sounds = await heard(dir, video)
  const close = starts.map((start) => expect.closeTo(start, 0.5))
  expect(sounds.starts).toEqual(close)
  for (const [at, start] of sounds.starts.entries()) expect(Math.abs(start - (starts[at] ?? 0))).toBeLessThan(0.16)
  expect(Math.abs(sounds.lengthS - lengthS)).toBeLessThan(0.25)
  const { paths } = await muxed(dir, video)
  for (const found of await startsInFilms(dir, [paths.mp4, paths.mkv])) {
    expect(found).toEqual(close)
    for (const [at, start] of found.entries()) expect(Math.abs(start - (sounds.starts[at] ?? 0))).toBeLessThan(0.1)
  }
}

describe('sound that changes in the middle keeps its times', () => {
  const ts = ['-f', 'mpegts']
  it.each([
    ['5.1 to stereo, AC-3', 'ts', part(6, 48_000, '-c:a', 'ac3', ...ts), part(2, 48_000, '-c:a', 'ac3', ...ts)],
    ['mono to stereo, AAC', 'ts', part(1, 48_000, '-c:a', 'aac', ...ts), part(2, 48_000, '-c:a', 'aac', ...ts)],
    ['44.1 to 48 kHz, AAC', 'ts', part(2, 44_100, '-c:a', 'aac', ...ts), part(2, 48_000, '-c:a', 'aac', ...ts)],
    ['stereo to mono, MP3', 'mp3', sound(2, 44_100, '-write_xing', '0'), sound(1, 44_100, '-write_xing', '0')],
    ['mono to stereo, Opus', 'opus', sound(1, 48_000), sound(2, 48_000)],
    ['stereo to mono, Vorbis', 'ogg', sound(2, 48_000, '-c:a', 'libvorbis'), sound(1, 48_000, '-c:a', 'libvorbis')],
  ])('%s', async (_, ending, first, second) => {
    await expectStarts(await twoParts(ending, first, second), [1, 3, 5, 7], 8)
  })
})

describe('a length that no container declares is not held against a recording', () => {
  const loudThenQuiet = ['-filter_complex', '[0:a]apad=whole_dur=12']
  it.each([
    ['ADTS', 'adts.aac', ['-c:a', 'aac', '-f', 'adts']],
    ['MP3 of variable rate without a Xing head', 'bare.mp3', ['-q:a', '2', '-write_xing', '0', '-id3v2_version', '0']],
    ['Opus', 'talk.opus', ['-c:a', 'libopus']],
  ])('%s', async (_, name, args) => {
    await expectStarts(await ffmpegMakes(path(name), ...beeps(4), ...loudThenQuiet, ...args), [1, 3], 12)
  })

  it('an AVI and a WAV that were written to a pipe', async () => {
    const avi = await ffmpegMakes(path('piped.avi'), ...picture(4), ...beeps(4), '-c:v', 'mpeg4', '-t', '4')
    const bytes = readFileSync(avi)
    bytes.writeUInt32LE(0, 4)
    bytes.writeUInt32LE(0, bytes.indexOf('avih') + 24)
    writeFileSync(avi, bytes)
    await expectStarts(avi, [1, 3], 4)
  })
})

describe('a recording whose clock jumps has the time line of a player', () => {
  it('joined parts, each from zero', async () => {
    const one = part(2, 48_000, '-c:a', 'aac', '-f', 'mpegts')
    await expectStarts(await twoParts('ts', one, one), [1, 3, 5, 7], 8)
  })

  it('a program stream in two parts', async () => {
    const one = part(2, 48_000, '-c:v', 'mpeg2video', '-c:a', 'ac3', '-f', 'vob')
    await expectStarts(await twoParts('vob', one, one), [1, 3, 5, 7], 8)
  })

  it('an hour that is missing in a broadcast', async () => {
    const one = part(2, 48_000, '-c:a', 'aac', '-f', 'mpegts')
    await expectStarts(await twoParts('ts', one, [...one, '-output_ts_offset', '3600']), [1, 3, 5, 7], 8)
  })

  it('a clock that starts again from zero, as it does after 26 hours', async () => {
    const wrapping = await ffmpegMakes(
      path('wrap.ts'),
      ...part(2, 48_000, '-output_ts_offset', '95441.7', '-f', 'mpegts'),
    )
    await expectStarts(wrapping, [1, 3], 4)
  })

  it('a gap of less than a tenth of a second, as fragments without an edit list have', async () => {
    const fragments = [...x264, '-bf', '2', '-c:a', 'aac', '-movflags', 'frag_keyframe+empty_moov']
    const made = await ffmpegMakes(path('fragments.mp4'), ...picture(4), ...beeps(4), ...fragments, '-t', '4')
    const { stdout } = await run('ffprobe', ['-v', 'error', '-select_streams', 'a', ...packetTimes, made])
    const [first = 0, second = 0] = stdout.split('\n').map(Number)
    const gapS = second - first - 1024 / 48_000
    expect(gapS).toBeGreaterThan(0.04)
    expect(gapS).toBeLessThan(0.1)
    const whole = await heard(dir, film)
    const fragmented = await heard(dir, made)
    expect(fragmented.starts).toHaveLength(2)
    for (const [at, start] of fragmented.starts.entries())
      expect(Math.abs(start - (whole.starts[at] ?? 0) - gapS)).toBeLessThan(0.03)
  })

  it('a gap of some seconds in the middle', async () => {
    const one = await ffmpegMakes(path('before.ts'), ...part(2, 48_000, '-f', 'mpegts'))
    const two = await ffmpegMakes(path('after.ts'), ...part(2, 48_000, '-output_ts_offset', '7', '-f', 'mpegts'))
    await expectStarts(joined('gap.ts', one, two), [1, 3, 8, 10], 11)
    const mkv = await ffmpegMakes(path('gap.mkv'), '-i', path('gap.ts'), '-c', 'copy')
    await expectStarts(mkv, [1, 3, 8, 10], 11)
  })
})

describe('sound and picture of different length', () => {
  const shorter = (pictureS: number, soundS: number) => [...picture(pictureS), ...beeps(soundS)]

  it.each(['mp4', 'avi', 'wmv'])('sound that ends early, in %s', async (ending) => {
    const codecs = ending === 'wmv' ? [] : ending === 'avi' ? ['-c:v', 'mpeg4'] : encoded
    const made = await ffmpegMakes(path(`early.${ending}`), ...shorter(7, 4), ...codecs)
    await expectStarts(made, [1, 3], 7)
  })

  it.each(['mkv', 'avi'])('a picture that ends early, in %s', async (ending) => {
    const codecs = ending === 'avi' ? ['-c:v', 'mpeg4'] : encoded
    await expectStarts(await ffmpegMakes(path(`long.${ending}`), ...shorter(2, 6), ...codecs), [1, 3, 5], 6)
  })

  it.each(['mkv', 'wmv'])('sound that starts late, in %s', async (ending) => {
    const codecs = ending === 'wmv' ? [] : encoded
    const late = [...picture(7), '-itsoffset', '2.5', ...beeps(4)]
    await expectStarts(await ffmpegMakes(path(`late.${ending}`), ...late, ...codecs), [3.5, 5.5], 7)
  })

  it('sound that starts after what ffmpeg looks at by default', async () => {
    const late = [...picture(12), '-itsoffset', '8', ...beeps(4)]
    await expectStarts(await ffmpegMakes(path('later.ts'), ...late, ...encoded), [9, 11], 12)
  })

  it.each(['ts'])('a picture that starts late, in %s', async (ending) => {
    const late = ['-itsoffset', '2', ...picture(3), ...beeps(4)]
    const maps = ['-map', '0', '-map', '1']
    await expectStarts(await ffmpegMakes(path(`dark.${ending}`), ...late, ...maps, ...encoded), [1, 3], 5)
  })

  it('one picture for all the sound', async () => {
    const still = await ffmpegMakes(path('still.mp4'), ...picture(0.04), ...beeps(6), ...encoded)
    await expectStarts(still, [1, 3, 5], 6)
    await expectStarts(await ffmpegMakes(path('still.mkv'), '-i', still, '-c', 'copy'), [1, 3, 5], 6)
    await expectStarts(await ffmpegMakes(path('still.avi'), '-i', still, '-c:v', 'mjpeg', '-c:a', 'mp3'), [1, 3, 5], 6)
  })
})

describe('an edit list', () => {
  it('that skips the beginning', async () => {
    const source = await ffmpegMakes(path('source.mp4'), ...picture(6), ...beeps(6), ...encoded, '-g', '250', '-t', '6')
    copyFileSync(source, path('trimmed.mp4'))
    const bytes = readFileSync(path('trimmed.mp4'))
    // Both tracks begin 2 s later: the fields of an edit are its length, where it begins in the track, and its speed.
    for (let at = bytes.indexOf('elst'), track = 0; at >= 0; at = bytes.indexOf('elst', at + 4), track++) {
      const timescale = track === 0 ? 12_800 : 48_000
      bytes.writeUInt32BE(4_000, at + 12)
      bytes.writeUInt32BE(bytes.readUInt32BE(at + 16) + 2 * timescale, at + 16)
    }
    writeFileSync(path('trimmed.mp4'), bytes)
    await expectStarts(path('trimmed.mp4'), [1, 3], 4)
  })
})

it('a film with subtitles is heard as it plays', async () => {
  const { paths } = await muxed(dir, film)
  const films = [paths.mp4 ?? '', paths.mkv ?? '']
  for (const [at, starts] of (await startsInFilms(dir, films)).entries()) {
    const sounds = await heard(dir, films[at] ?? '')
    expect(starts).toEqual([expect.closeTo(1, 1), expect.closeTo(3, 1)])
    for (const [nth, start] of starts.entries()) expect(sounds.starts[nth]).toBeCloseTo(start, 1)
  }
})

describe('a clip', () => {
  it('is cut where it is asked for, also out of what has no index', async () => {
    const one = part(2, 48_000, '-c:a', 'aac', '-f', 'mpegts')
    const broadcast = await twoParts('ts', one, one)
    const bare = await ffmpegMakes(path('clip.mp3'), ...beeps(8), '-q:a', '2', '-write_xing', '0')
    for (const video of [broadcast, bare]) {
      const clip = { clipStartS: 4, clipEndS: 7.5 }
      const { starts, lengthS } = await heard(dir, video, clip)
      expect(lengthS).toBeCloseTo(3.5, 1)
      expect(starts).toEqual([expect.closeTo(1, 0.7), expect.closeTo(3, 0.7)])
      const { paths } = await muxed(dir, video, clip)
      const [inFilm = []] = await startsInFilms(dir, [paths.mp4])
      for (const [at, start] of starts.entries()) expect(Math.abs(start - (inFilm[at] ?? 0))).toBeLessThan(0.1)
      await expect(heard(dir, video, { clipStartS: 60 })).rejects.toThrow('the clip starts at 60 s')
    }
  })
})
