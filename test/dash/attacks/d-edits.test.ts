import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { z } from 'zod'
import { jobId } from '../../../src/dash/jobs/job-rows.ts'
import { runCommand } from '../../rig/command.ts'
import { temporaryDirectory } from '../../rig/workbench.ts'
import { type Asked, openDashBench, type Visit } from '../dash-bench.ts'

const config = `
import { appendFileSync, writeFileSync } from 'node:fs'
import { defineConfig, definePipeline, defineStage, json, optional } from 'reprise'
import { z } from 'zod'
appendFileSync(new URL('loaded.txt', import.meta.url), 'loaded')
const Corrections = z.record(z.string(), z.string())
const spell = defineStage({
  name: 'spell', version: 1, inputs: { corrections: optional(json(Corrections)) }, params: z.object({ most: z.number() }),
  outputs: { text: 'out/text.txt', other: 'other.txt' },
  run: ({ inputs, outputs }) => {
    writeFileSync(outputs.text, inputs.corrections?.text ?? 'computed')
    writeFileSync(outputs.other, 'other')
  },
})
const overlay = {
  input: 'corrections', step: 'spell',
  take: ({ files: [{ path, text }] }) => ({ corrections: { text }, changed: 1, whole: [path], refused: [] }),
  show: ({ corrections, params }) =>
    [{ path: 'out/text.txt', text: corrections?.text ?? 'computed', limits: { most: params.most } }],
  list: ({ corrections }) =>
    corrections?.text === undefined ? [] : [{ id: 'one', state: 'conflict', lines: [corrections.text] }],
  settle: (of, ids, keep) => (keep === 'computed' ? {} : { text: 'settled' }),
}
export default defineConfig({ pipelines: [definePipeline({
  name: 'spelled', inputs: { corrections: optional(json(Corrections)) }, params: z.object({ most: z.number().default(7) }), overlay,
  build: ({ step, inputs, params }) => step(spell, { corrections: inputs.corrections }, { params: { most: params.most } }),
})] })
`

async function bench(root?: string) {
  const dir = temporaryDirectory()
  writeFileSync(join(dir, 'reprise.config.mjs'), config)
  const store = join(dir, 'store')
  const first = await runCommand(['run', 'spelled', '--job', 'job', '--store', store], { cwd: dir })
  expect(first.exitCode, first.stderr).toBe(0)
  const dash = await openDashBench(store, root ?? dir)
  const visit = await dash.enter()
  const job = jobId(join(dir, 'job'))
  const post = (path: string, body: object, more: Partial<Asked> = {}, as: Visit = visit) =>
    dash.as(as, { method: 'POST', path, body: JSON.stringify(body), ...more })
  const edit = { job, path: 'out/text.txt', base: 'computed', text: 'corrected' }
  /** Nothing was changed; and the page's own edit is then taken. */
  const control = async () => {
    expect(existsSync(join(dir, 'job/corrections.json'))).toBe(false)
    expect((await post('/api/correct', edit)).status).toBe(200)
    expect(readFileSync(join(dir, 'job/corrections.json'), 'utf8')).toContain('corrected')
    expect(readFileSync(join(dir, 'job/01_spell/out/text.txt'), 'utf8')).toBe('computed')
    expect(dash.bugs).toEqual([])
  }
  return { dir, dash, visit, job, post, edit, control }
}

describe('an edit', () => {
  it('of the page is saved as a correction with the limits of the job, and settled', async () => {
    const { post, job, control } = await bench()
    const read = await post('/api/corrections', { job })
    expect(JSON.parse(read.body)).toMatchObject({
      step: 'spell',
      files: [{ path: 'out/text.txt', text: 'computed', limits: { most: 7 } }],
      corrections: [],
    })
    await control()
    const settled = await post('/api/settle', { job, id: 'one', keep: 'computed' })
    expect(JSON.parse(settled.body)).toMatchObject({ files: [{ text: 'computed' }], corrections: [] })
  })

  it('D10 is refused by each route without the word of the session, from elsewhere, as a form, and too long', async () => {
    const { dash, visit, post, edit, job, control } = await bench()
    const other = await dash.enter()
    const bodies = {
      '/api/corrections': { job },
      '/api/correct': edit,
      '/api/settle': { job, id: 'one', keep: 'yours' },
    }
    for (const [path, body] of Object.entries(bodies)) {
      for (const csrf of [undefined, 'x', other.csrf])
        expect((await post(path, body, { headers: { 'x-reprise': csrf } })).status).toBe(403)
      for (const origin of ['http://evil.com', 'null', undefined])
        expect((await post(path, body, { headers: { origin } })).status).toBe(403)
      expect((await post(path, body, { headers: { 'sec-fetch-site': 'same-site' } })).status).toBe(403)
      expect((await post(path, body, { headers: { 'content-type': 'text/plain' } })).status).toBe(415)
      expect((await post(path, { ...body, text: 'x'.repeat(1024 * 1024) })).status).toBe(413)
      expect((await dash.as(visit, { path: `${path}?job=${job}` })).status).toBe(405)
    }
    await control()
  })

  it('D11 is refused of a file that cannot be edited, of what is no edit, and of a job outside of the list', async () => {
    const temporary = temporaryDirectory()
    const { dir, post, edit, job, control } = await bench()
    vi.stubEnv('TMPDIR', temporary)
    onTestFinished(() => void vi.unstubAllEnvs())
    for (const path of [
      'other.txt',
      '../01_spell/out/text.txt',
      join(dir, 'job/01_spell/other.txt'),
      'manifest.json',
      '',
    ])
      expect([path, (await post('/api/correct', { ...edit, path })).status]).toEqual([path, 409])
    for (const body of [
      { ...edit, path: ['out/text.txt'] },
      { ...edit, text: undefined },
      { ...edit, text: 'a\0b' },
      { ...edit, force: true },
      { ...edit, job: [job] },
      { ...edit, trusts: true },
    ])
      expect((await post('/api/correct', body)).status).toBe(400)
    for (const body of [
      { job, id: '--store=/evil', keep: 'yours' },
      { job, id: 'one', keep: 'mine' },
      { job, id: 'one', keep: 'yours', all: true },
    ])
      expect((await post('/api/settle', body)).status).toBe(400)
    expect((await post('/api/settle', { job, id: 'two', keep: 'computed' })).status).toBe(409)
    for (const id of [jobId(join(dir, 'other')), '../job', '', '__proto__']) {
      expect((await post('/api/correct', { ...edit, job: id })).status).toBe(404)
      expect((await post('/api/corrections', { job: id })).status).toBe(404)
    }
    await control()
    expect(readdirSync(temporary)).toEqual([])
  })

  it('D12 of another text than the one that is there now takes nothing back', async () => {
    const { post, edit, control, dir } = await bench()
    const stale = await post('/api/correct', { ...edit, base: 'computed before' })
    expect([stale.status, JSON.parse(stale.body)]).toMatchObject([409, { now: { files: [{ text: 'computed' }] } }])
    await control()
    expect((await post('/api/correct', edit)).status).toBe(409)
    expect(readFileSync(join(dir, 'job/corrections.json'), 'utf8')).toContain('corrected')
  })

  it('D13 loads no config elsewhere before a person says so', async () => {
    const { dir, post, edit, job } = await bench(temporaryDirectory())
    const loads = readFileSync(join(dir, 'loaded.txt'), 'utf8')
    for (const [path, body] of [
      ['/api/corrections', { job }],
      ['/api/correct', edit],
      ['/api/settle', { job, id: 'one', keep: 'yours' }],
      // It is not running: its workers, if any, would be asked by its config.
      ['/api/cancel', { job }],
    ] as const)
      for (const more of [{}, { trusts: join(dir, 'other.mjs') }]) {
        const { status, body: said } = await post(path, { ...body, ...more })
        expect([status, z.object({ config: z.string() }).parse(JSON.parse(said)).config]).toEqual([
          409,
          join(dir, 'reprise.config.mjs'),
        ])
      }
    expect(readFileSync(join(dir, 'loaded.txt'), 'utf8')).toBe(loads)
    const trusts = join(dir, 'reprise.config.mjs')
    expect((await post('/api/correct', { ...edit, trusts })).status).toBe(200)
  })
})
