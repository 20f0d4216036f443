import { expect, it } from 'vitest'
import type { JobStatus } from '../../../src/core/index.ts'
import { statusTable } from '../../../src/report/terminal/status-table.ts'
import { plainStyle } from '../../../src/report/text/style.ts'

const status: JobStatus = {
  jobDir: '/jobs/job',
  pipeline: 'subtitles',
  inputs: { video: '/films/my\u001b[31m talk.mp4' },
  params: { to: ['es'], maxLineChars: 42 },
  device: 'cpu',
  createdAt: '2026-01-02T03:04:05.000Z',
  runs: 2,
  state: 'failed',
  steps: [
    { step: 'demux', state: 'done', cache: 'hit', durationMs: 400, cpuTimeMs: 700, peakRssBytes: 5e6 },
    { step: 'recognize', state: 'done', cache: 'miss', durationMs: 65_000, reasons: [{ kind: 'forced' }], attempts: 2 },
    { step: 'translate/es', state: 'failed', message: 'no such pair\nmore', durationMs: 20 },
    { step: 'lyrics', state: 'skipped' },
    { step: 'subtitles', state: 'interrupted' },
    { step: 'mux', state: 'not-yet' },
  ],
  edited: [{ directory: '02_recognize.edited-20260101T120000', files: ['words.json'] }],
  recovered: ['04_subtitles/manifest.json is not to be believed'],
}
const options = { style: plainStyle, showPath: (path: string) => path.replace('/jobs/', './') }

it('shows how far a job is, step by step', () => {
  expect(statusTable(status, options).join('\n')).toMatchInlineSnapshot(`
    "job          ./job
    pipeline     subtitles
    input video  /films/my talk.mp4
    params       to=["es"] maxLineChars=42
    device       cpu
    state        failed, 2 runs since 2026-01-02T03:04:05.000Z
    recovered: 04_subtitles/manifest.json is not to be believed
    changed by hand, and kept in 02_recognize.edited-20260101T120000: words.json

    STEP          STATE        TIME   CPU    MEMORY
    demux         done (hit)   400ms  700ms  5 MB
    recognize     done         1m 5s                 2 attempts; forced
    translate/es  failed       20ms                  no such pair
    lyrics        skipped
    subtitles     interrupted
    mux           not yet

    3 steps left; resume with: reprise run --job ./job"
  `)
})

it('says when nothing is left', () => {
  const done = { ...status, state: 'completed', steps: status.steps.slice(0, 2), recovered: [] } as const
  expect(statusTable(done, options).at(-1)).toBe('nothing left to do')
})

it('says that a filter let no step through, and how much is left of how few', () => {
  const left = { steps: 1, durationMs: 0, unknown: ['mux'] }
  const lines = statusTable({ ...status, left }, { ...options, rows: [] })
  expect(lines.slice(-3)).toEqual([
    'no such steps',
    '',
    '1 step left, time unknown, because it has not run before; resume with: reprise run --job ./job',
  ])
})

it.each([
  [0, 'running since 2026-01-02T03:04:05.000Z'],
  [1, 'running again, 1 run since 2026-01-02T03:04:05.000Z'],
])('says of a job that is running and has run %i times that it is', (runs, text) => {
  const state = statusTable({ ...status, state: 'running', runs }, options).find((line) => line.startsWith('state'))
  expect(state).toBe(`state        ${text}`)
})
