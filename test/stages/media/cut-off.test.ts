import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { declaredBytes } from '../../../stages/media/cut-off.ts'
import { beeps, heard, muxed, picture, startsInFilms } from '../recordings.ts'
import { ffmpegMakes, mediaDirectory } from '../sample.ts'

const media = mediaDirectory()
const { dir } = media
const talk = join(dir, 'talk.wav')
beforeAll(() => ffmpegMakes(talk, ...beeps(4)))
afterAll(media.remove)

/** Writes the WAV file with other sizes in its head. */
function withSizes(riff: number, data: number): string {
  const bytes = readFileSync(talk)
  bytes.writeUInt32LE(riff, 4)
  bytes.writeUInt32LE(data, bytes.indexOf('data') + 4)
  const path = join(dir, 'sizes.wav')
  writeFileSync(path, bytes)
  return path
}

describe('a head that was written before the end was known', () => {
  it.each([
    ['nothing', 0, 0],
    ["ffmpeg's", 0xffff_ffff, 0xffff_ffff],
    ["sox's", 0x7fff_f024, 0x7fff_f000],
    ["arecord's", 0x8000_0024, 0x8000_0000],
    ['one that counts itself', readSize() + 44, readSize()],
  ])('is not held against a WAV file: %s', async (_, riff, data) => {
    const { starts, lengthS } = await heard(dir, withSizes(riff, data))
    expect(starts).toHaveLength(2)
    expect(lengthS).toBeCloseTo(4, 1)
  })
})

describe('a file that ends after its pictures and sound', () => {
  it('is taken: an AVI without its index, a WAV file without its notes', async () => {
    const avi = await ffmpegMakes(join(dir, 'index.avi'), ...picture(4), ...beeps(4), '-c:v', 'mpeg4')
    const pictures = readFileSync(avi)
    writeFileSync(avi, pictures.subarray(0, pictures.lastIndexOf('idx1')))
    const notes = Buffer.concat([readFileSync(talk), Buffer.from('note\0\x10\0\0', 'latin1'), Buffer.alloc(500)])
    notes.writeUInt32LE(notes.length + 4000, 4)
    writeFileSync(join(dir, 'notes.wav'), notes)
    for (const path of [avi, join(dir, 'notes.wav')]) {
      const { starts, lengthS } = await heard(dir, path)
      expect(starts).toHaveLength(2)
      expect(Math.abs(lengthS - 4)).toBeLessThan(0.1)
    }
  })
})

it('a WAV file of 64 bits that was written to a pipe is heard, and put into both films', async () => {
  const piped = await ffmpegMakes(join(dir, 'piped.wav'), ...beeps(4), '-rf64', 'always')
  const bytes = readFileSync(piped)
  bytes.fill(0, 20, 44)
  writeFileSync(piped, bytes)
  const { starts, lengthS } = await heard(dir, piped)
  expect(starts).toHaveLength(2)
  expect(lengthS).toBeCloseTo(4, 1)
  const { paths } = await muxed(dir, piped)
  for (const found of await startsInFilms(dir, [paths.mp4, paths.mkv])) expect(found).toHaveLength(2)
})

function readSize(): number {
  return 4 * 48_000 * 2
}

describe('a file that is cut off', () => {
  it.each([
    ['RF64', 'a.wav', ['-rf64', 'always']],
    ['AVI', 'a.avi', ['-c:v', 'mpeg4']],
    ['AIFF', 'a.aiff', []],
    ['AU', 'a.au', []],
    ['Wave64', 'a.w64', []],
    ['Core Audio', 'a.caf', []],
    ['FLAC', 'a.flac', []],
    ['FLV', 'a.flv', ['-c:v', 'flv', '-c:a', 'mp3', '-ar', '44100']],
    ['Windows Media', 'a.wmv', []],
    ['Matroska', 'a.mkv', ['-c:v', 'mpeg4', '-c:a', 'flac']],
  ])('is refused: %s', async (_, name, args) => {
    const pictures = /flv|wmv|mkv|avi/.test(name) ? picture(4) : []
    const whole = await ffmpegMakes(join(dir, name), ...pictures, ...beeps(4), ...args)
    expect((await heard(dir, whole)).starts).toHaveLength(2)
    const bytes = readFileSync(whole)
    writeFileSync(whole, bytes.subarray(0, Math.floor(bytes.length * 0.6)))
    await expect(heard(dir, whole)).rejects.toThrow(/the input 'video' is cut off: .* are there; get the whole file/)
  })
})

describe('declaredBytes', () => {
  it('knows nothing of other files, and of short ones', () => {
    for (const text of ['', 'RIFF', 'x'.repeat(100), 'FLV'.padEnd(100)])
      expect(declaredBytes(Buffer.from(text))).toBeUndefined()
  })
})
