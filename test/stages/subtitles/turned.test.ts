import { execFile } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { beeps, muxed, picture, x264 } from '../recordings.ts'
import { ffmpegMakes, mediaDirectory } from '../sample.ts'

const run = promisify(execFile)
const media = mediaDirectory()
const { dir } = media
const path = (name: string) => join(dir, name)
const film = path('film.mp4')
beforeAll(() => ffmpegMakes(film, ...picture(4), ...beeps(4), ...x264, '-c:a', 'aac', '-t', '4'))
afterAll(media.remove)

/** Returns the size of the picture as a player shows it. */
async function shownSize(file = ''): Promise<string> {
  const frame = ['-map', '0:V:0', '-frames:v', '1', '-f', 'framecrc', '-']
  const { stdout } = await run('ffmpeg', ['-nostdin', '-v', 'error', '-i', `file:${file}`, ...frame])
  return /^#dimensions 0: (\S+)/m.exec(stdout)?.[1] ?? ''
}

/** Returns how much two films differ at three seconds, as they are shown: 0 where nothing does, 1 from black to white. */
async function pictureDifference(one: string, other = ''): Promise<number> {
  const frame = async (file: string) => {
    const args = ['-nostdin', '-v', 'error', '-i', `file:${file}`, '-ss', '3', '-map', '0:V:0', '-frames:v', '1']
    const { stdout } = await run('ffmpeg', [...args, '-f', 'rawvideo', '-pix_fmt', 'gray', '-'], { encoding: 'buffer' })
    return stdout
  }
  const [a, b] = await Promise.all([frame(one), frame(other)])
  expect(b.length).toBe(a.length)
  return a.reduce((sum, value, at) => sum + Math.abs(value - (b[at] ?? 0)), 0) / a.length / 255
}

describe('a picture that is shown turned', () => {
  it.each([90, 180])('by %d degrees is upright in both films', async (rotate) => {
    const turned = await ffmpegMakes(path('turned.mp4'), '-i', film, '-c', 'copy', '-metadata:s:v', `rotate=${rotate}`)
    const { paths, report, warnings } = await muxed(dir, turned)
    const size = rotate === 180 ? '160x90' : '90x160'
    expect([await shownSize(paths.mp4), await shownSize(paths.mkv)]).toEqual([size, size])
    expect([report.mp4, report.mkv].map(({ streams }) => streams[0]?.isEncoded)).toEqual([false, true])
    expect(warnings).toEqual([
      "a copy of this film's video (h264) would not play in an mkv as it does in the film: it is encoded again",
    ])
  })
})

describe('a picture that begins black', () => {
  /** Display matrices: mirrored, upside down, mirrored along the diagonal, and by an odd angle. */
  it.each([
    ['mirrored', [-1, 0, 0, 1]],
    ['by 180 degrees', [-1, 0, 0, -1]],
    ['mirrored and on its side', [0, 1, 1, 0]],
    ['by 30 degrees', [Math.cos(0.5236), Math.sin(0.5236), -Math.sin(0.5236), Math.cos(0.5236)]],
  ])('and is shown turned, %s, is shown so in both films', async (_, [a = 1, b = 0, c = 0, d = 1]) => {
    const black = await ffmpegMakes(path('black.mp4'), '-i', film, '-vf', 'drawbox=t=fill:enable=lt(t\\,2.5)', ...x264)
    const bytes = readFileSync(black)
    const matrix = bytes.indexOf('tkhd') + 44
    for (const [at, value] of [a, b, 0, c, d].entries()) bytes.writeInt32BE(Math.round(value * 65536), matrix + 4 * at)
    const turned = path('turned-black.mp4')
    writeFileSync(turned, bytes)
    const { paths, report } = await muxed(dir, turned)
    expect([report.mp4, report.mkv].map(({ streams }) => streams[0]?.isEncoded)).toEqual([false, true])
    expect(await pictureDifference(turned, paths.mp4)).toBe(0)
    expect(await pictureDifference(turned, paths.mkv)).toBeLessThan(0.02)
  })

  it('and is only scaled, is copied into both', async () => {
    const bytes = readFileSync(film)
    bytes.writeInt32BE(2 * 65536, bytes.indexOf('tkhd') + 44)
    writeFileSync(path('scaled.mp4'), bytes)
    const { report } = await muxed(dir, path('scaled.mp4'))
    expect([report.mp4, report.mkv].map(({ streams }) => streams[0]?.isEncoded)).toEqual([false, false])
  })
})
