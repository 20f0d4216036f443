import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { defineStage } from '../../../src/core/index.ts'
import { readCues } from '../../../stages/cues/read-cues.ts'
import { formatSrt } from '../../../stages/cues/srt.ts'
import { formatVtt } from '../../../stages/cues/vtt.ts'
import { cuesInOrder } from '../../../stages/index.ts'
import { runStage } from '../../rig/stage-context.ts'
import { temporaryDirectory } from '../../rig/workbench.ts'

const cues = [
  { startMs: 0, endMs: 1500, lines: ['one <i>', 'two (x)'] },
  { startMs: 3_600_000, endMs: 3_723_004, lines: ['1', '- three'] },
]

describe('readCues', () => {
  it('reads back what is written as SRT and VTT', () => {
    expect(readCues(formatSrt(cues))).toEqual({ ok: true, value: cues })
    expect(readCues(formatVtt(cues))).toMatchObject({
      ok: true,
      value: cues.map(({ startMs, endMs }) => ({ startMs, endMs })),
    })
  })

  it('reads what others write: a mark of byte order, carriage returns, settings, no hours', () => {
    const text = '\ufeffWEBVTT\r\n\r\nNOTE hello\r\n\r\n00:01.000 --> 00:02.500 line:0\r\nhello\r\n'
    expect(readCues(text)).toEqual({ ok: true, value: [{ startMs: 1000, endMs: 2500, lines: ['hello'] }] })
  })

  it('names a time that is none', () => {
    expect(readCues('1\n00:00:01,0 --> 2\nx\n')).toEqual({ ok: false, error: '00:00:01,0 --> 2' })
  })
})

describe('cuesInOrder', () => {
  const write = (path: 'cues.srt' | 'cues/', write: (path: string) => void) =>
    defineStage({
      name: 'write',
      version: 1,
      inputs: {},
      params: z.object({}),
      outputs: { cues: path },
      contracts: [cuesInOrder('cues')],
      run: ({ outputs }) => write(outputs.cues),
    })

  it('is kept by cues in order, and violated by those that overlap', async () => {
    const dir = temporaryDirectory()
    const good = write('cues.srt', (path) => writeFileSync(path, formatSrt(cues)))
    await runStage(good, { inputs: {}, dir })
    const bad = write('cues.srt', (path) => writeFileSync(path, formatSrt([...cues, ...cues])))
    await expect(runStage(bad, { inputs: {}, dir })).rejects.toThrow(/cue 3 starts at 0 ms, before 3723004 ms/)
  })

  it('names the file of a directory', async () => {
    const dir = temporaryDirectory()
    const bad = write('cues/', (path) => {
      mkdirSync(path, { recursive: true })
      writeFileSync(join(path, 'en.srt'), formatSrt(cues))
      writeFileSync(join(path, 'es.vtt'), formatVtt([...cues].reverse()))
    })
    await expect(runStage(bad, { inputs: {}, dir })).rejects.toThrow(/es\.vtt: cue 2 starts/)
  })
})
