import { execFileSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { formatAss } from '../../../stages/cues/ass.ts'
import { formatSrt } from '../../../stages/cues/srt.ts'
import { burnIn, filterPath } from '../../../stages/subtitles/burn/burn.ts'
import { filesOf } from '../../../stages/subtitles/tracks.ts'
import { runStage } from '../../rig/stage-context.ts'
import { temporaryDirectory } from '../../rig/workbench.ts'

describe('the step burn', () => {
  it('draws the subtitles into the picture while they are shown, and keeps every audio track', async () => {
    const dir = join(temporaryDirectory(), "it's, a [dir]: of; mine")
    mkdirSync(join(dir, 'tracks'), { recursive: true })
    const film = join(dir, 'film.mp4')
    const sounds = ['-f', 'lavfi', '-i', 'sine=d=3', '-f', 'lavfi', '-i', 'sine=880:d=3']
    execFileSync('ffmpeg', [
      ...['-v', 'error', '-f', 'lavfi', '-i', 'color=black:s=320x180:r=10:d=3', ...sounds],
      ...['-map', '0', '-map', '1', '-map', '2', '-c:v', 'libx264', '-preset', 'ultrafast', film],
    ])
    const cues = [{ startMs: 1000, endMs: 2000, lines: ['WWWWWWWW', 'WWWWWWWW'] }]
    writeFileSync(join(dir, 'tracks', 'en.srt'), formatSrt(cues))
    writeFileSync(join(dir, 'tracks', 'en.ass'), formatAss(cues, 'English'))
    const index = [{ language: 'en', title: 'English', files: filesOf('en') }]
    const inputs = { film, tracks: join(dir, 'tracks'), index }
    const { paths } = await runStage(burnIn, { inputs, params: { language: 'en', quality: 30 }, dir })
    const burned = paths.burned ?? ''
    const brightness = (atS: number) =>
      execFileSync('ffmpeg', [
        '-v',
        'error',
        '-ss',
        String(atS),
        '-i',
        burned,
        '-frames:v',
        '1',
        '-f',
        'rawvideo',
        '-pix_fmt',
        'gray',
        '-',
      ]).reduce((most, value) => Math.max(most, value), 0)
    expect([brightness(0.5), brightness(1.5), brightness(2.5)].map((most) => most > 128)).toEqual([false, true, false])
    const streams = execFileSync(
      'ffprobe',
      ['-v', 'error', '-show_entries', 'stream=codec_type', '-of', 'csv=p=0', burned],
      { encoding: 'utf8' },
    )
    expect(streams.trim().split('\n')).toEqual(['video', 'audio', 'audio'])
    await expect(runStage(burnIn, { inputs, params: { language: 'es' }, dir })).rejects.toThrow(
      'there are no subtitles in es',
    )
  })

  it('escapes a path for both levels of a filter graph', () => {
    expect(filterPath("/a:b/c'd,e")).toBe("/a\\\\:b/c\\\\\\'d\\,e")
  })
})
