import { readdirSync, writeFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { formatSrt } from '../../stages/cues/srt.ts'
import { converting } from '../../stages/index.ts'
import { createWorkbench } from '../rig/workbench.ts'

describe('the pipeline convert', () => {
  it('writes each format, once', async () => {
    const bench = await createWorkbench()
    const subtitles = bench.path('talk.srt')
    writeFileSync(subtitles, formatSrt([{ startMs: 1000, endMs: 2000, lines: ['hello'] }]))
    for (const to of ['srt', 'vtt', 'ass', 'ttml', 'lrc', 'stl', 'fcpxml', 'csv', 'html']) {
      const run = await bench.run(converting, { inputs: { subtitles }, params: { to } })
      expect(run.executed).toEqual(['convert'])
      expect(readdirSync(bench.path('job', '01_convert', 'converted'))).toEqual([`subtitles.${to}`])
    }
    expect((await bench.run(converting, { inputs: { subtitles }, params: { to: 'stl' } })).executed).toEqual([])
  })

  it('says what it cannot do', async () => {
    const bench = await createWorkbench()
    const subtitles = bench.path('talk.srt')
    writeFileSync(subtitles, formatSrt([{ startMs: 1000, endMs: 2000, lines: ['hello'] }]))
    const slow = await bench.run(converting, { inputs: { subtitles }, params: { to: 'stl', frameRate: '24' } })
    expect(JSON.stringify(slow.result.failure)).toContain(
      'EBU STL has 25 or 30 frames a second: choose frameRate=25 or 30',
    )
    writeFileSync(subtitles, 'buy milk')
    const notes = await bench.run(converting, { inputs: { subtitles } })
    expect(JSON.stringify(notes.result.failure)).toContain("the input 'subtitles' cannot be read: it is not SRT")
  })
})
