import { appendFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { definePipeline, defineStage } from '../../../src/core/index.ts'
import { jobId } from '../../../src/dash/jobs/job-rows.ts'
import { createWorkbench } from '../../rig/workbench.ts'
import { newPage, openAddress, useBrowser } from '../browser.ts'
import { openDashBench } from '../dash-bench.ts'

useBrowser()

const bait = '<img src=x onerror="window.struck=1"><script>window.struck=1</script>'
const png = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
  'base64',
)

const make = defineStage({
  name: 'make',
  version: 1,
  inputs: {},
  params: z.object({ text: z.string(), fails: z.boolean() }),
  outputs: { many: 'many/' },
  run({ params, outputs, log, warn, fail }) {
    log(`${params.text} \u001b]8;;javascript:window.struck=1\u0007link\u001b]8;;\u0007 \u202egnp.exe`)
    warn(params.text)
    if (params.fails) fail(params.text)
    mkdirSync(outputs.many, { recursive: true })
    const files = {
      'page.html': `<!doctype html>${bait}`,
      'drawing.svg': `<svg xmlns="http://www.w3.org/2000/svg" onload="window.struck=1"><script>window.struck=1</script></svg>`,
      'feed.xml': `<?xml version="1.0"?><x xmlns:h="http://www.w3.org/1999/xhtml"><h:script>window.struck=1</h:script></x>`,
      'code.js': 'window.struck=1',
      'paper.pdf': '%PDF-1.4',
      'data.json': `{"a":"</script>${bait}\u2028"}`,
      'lines.vtt': `WEBVTT\n\n00:00.000 --> 00:09.000\n<c onclick="window.struck=1">${bait}</c>\n`,
      'false.mp4': `<!doctype html>${bait}`,
      '\u202egnp.txt': 'turned around',
    }
    for (const [name, text] of Object.entries(files)) writeFileSync(join(outputs.many, name), text)
    writeFileSync(join(outputs.many, 'poly.png'), Buffer.concat([png, Buffer.from(bait)]))
    writeFileSync(join(outputs.many, 'dot.png'), png)
  },
})
const hostile = definePipeline({
  name: 'making',
  inputs: {},
  params: z.object({ text: z.string().default(bait) }),
  build: ({ step, each, params }) => ({
    many: step(make, {}, { params: { text: params.text, fails: false } }).many,
    all: each([bait], (name) => step(make, {}, { id: 'fail', params: { text: name, fails: true } })).many,
  }),
})

async function shown() {
  const bench = await createWorkbench()
  await bench.run(hostile, { keepGoing: true })
  const dash = await openDashBench(bench.store.dir, bench.dir)
  const job = jobId(bench.jobDir)
  const visit = await dash.enter()
  const file = (entry: string) => `/files?job=${job}&step=make&output=many&entry=${encodeURIComponent(entry)}`
  const get = (entry: string) => dash.as(visit, { path: file(entry) })
  return { bench, dash, job, visit, get, file }
}

async function opened(address: string): Promise<Page> {
  const page = await newPage()
  await openAddress(page, address)
  return page
}

const isStruck = (page: Page) => page.evaluate('window.struck === 1')

describe('what a pipeline made', () => {
  it.each([
    ['G1', 'page.html', 'text/plain; charset=utf-8'],
    ['G2', 'drawing.svg', 'text/plain; charset=utf-8'],
    ['G2', 'feed.xml', 'text/plain; charset=utf-8'],
    ['G2', 'code.js', 'text/plain; charset=utf-8'],
    ['G2', 'paper.pdf', 'application/octet-stream'],
    ['G3', 'poly.png', 'image/png'],
    ['G3', 'false.mp4', 'application/octet-stream'],
  ])('%s is no page: %s', async (_, entry, type) => {
    const { dash, get, file } = await shown()
    const { status, headers } = await get(entry)
    expect([
      status,
      headers['content-type'],
      headers['x-content-type-options'],
      headers['content-security-policy'],
    ]).toEqual([200, type, 'nosniff', "sandbox; default-src 'none'"])
    expect(headers['cross-origin-resource-policy']).toBe('same-origin')
    const page = await opened(dash.dash.address())
    const own = page.url().replace(/#.*/, '')
    const direct = await page.context().newPage()
    await direct.goto(own + file(entry).slice(1)).catch(() => {})
    expect(await direct.evaluate('window.struck').catch(() => undefined)).toBeUndefined()
    const dot = await get('dot.png')
    expect([dot.status, dot.headers['content-type']]).toEqual([200, 'image/png'])
  })

  it('G4 is text wherever it is shown: ids, params, messages, warnings, logs, cues', async () => {
    const { dash, job } = await shown()
    const page = await opened(dash.dash.address())
    for (const view of [
      'graph',
      'timeline',
      'steps',
      'outputs',
      'steps/make',
      `steps/${encodeURIComponent(`fail/${bait.replaceAll('/', '%2F')}`)}`,
    ]) {
      await page.evaluate(`location.hash = ${JSON.stringify(`#/job/${job}/${view}`)}`)
      await page.getByRole('tabpanel').first().waitFor()
      for (const tab of view.includes('/') ? ['why', 'output', 'log', 'manifest', 'takes'] : [])
        await page.getByRole('tab', { name: tab }).last().click()
      expect(await isStruck(page)).toBe(false)
    }
    expect(await page.getByText('<img src=x onerror').count()).toBeGreaterThan(0)
    expect(await page.locator('img[src="x"], main script').count()).toBe(0)
  })

  it('G5 has no links in its log, and nothing that turns text around', async () => {
    const { dash, job, visit } = await shown()
    const { body } = await dash.as(visit, { path: `/api/log?job=${job}&step=make&from=0&count=10` })
    expect(body).toContain('<img src=x onerror')
    for (const bad of ['javascript:', '\u001b', '\\u001b', '\u202e']) expect(body).not.toContain(bad)
  })

  it('G6 runs nothing of what the page itself is told to run: the policy forbids all but its own script', async () => {
    const { dash } = await shown()
    const page = await opened(dash.dash.address())
    const tries = [
      `document.body.insertAdjacentHTML('beforeend', '<img src=x onerror="window.struck=1">')`,
      `document.body.innerHTML = '<b>x</b>'`,
      `{ const s = document.createElement('script'); s.src = 'data:text/javascript,window.struck=1'; document.body.append(s) }`,
      `{ const s = document.createElement('script'); s.textContent = 'window.struck=1'; document.body.append(s) }`,
    ]
    for (const code of tries) {
      const end = await page.evaluate(
        `(() => { try { ${code}; return 'done' } catch (error) { return error.name } })()`,
      )
      expect([code, end]).toEqual([code, expect.stringMatching(/TypeError|EvalError/)])
    }
    expect(await isStruck(page)).toBe(false)
    expect(await page.getByRole('heading', { name: 'Jobs' }).count()).toBe(1)
  })

  it('G7 of a stranger: a job.json with other paths and scripts is shown as text, and leads nowhere', async () => {
    const { bench, dash, job, visit } = await shown()
    const path = join(bench.jobDir, 'job.json')
    const record = z.record(z.string(), z.unknown()).parse(JSON.parse(readFileSync(path, 'utf8')))
    writeFileSync(
      path,
      JSON.stringify({ ...record, inputs: { film: '/etc/passwd' }, params: { text: bait }, config: '/etc/passwd' }),
    )
    appendFileSync(
      join(bench.jobDir, 'events.jsonl'),
      `{"event":"pipeline_warning","message":${JSON.stringify(bait)},"ts":"x","run":"y","job":"z"}\n{"broken\n`,
    )
    expect((await dash.as(visit, { path: `/files?job=${job}&step=film&output=film` })).status).toBe(404)
    const page = await opened(dash.dash.address())
    await page.evaluate(`location.hash = '#/job/${job}'`)
    await page.getByText('/etc/passwd').first().waitFor()
    expect(await isStruck(page)).toBe(false)
  })

  it('G8 has cues that are text', async () => {
    const { get } = await shown()
    const { headers, body } = await get('lines.vtt')
    expect([headers['content-type'], headers['content-security-policy']]).toEqual([
      'text/vtt; charset=utf-8',
      "sandbox; default-src 'none'",
    ])
    expect(body).toContain('onclick')
  })

  it('G9 cannot turn its name around', async () => {
    const { dash, job, visit } = await shown()
    const { body } = await dash.as(visit, { path: `/api/jobs` })
    expect(body).not.toContain('\u202e')
    const step = await dash.as(visit, { path: `/api/step?job=${job}&step=make` })
    const { outputs } = z
      .object({ outputs: z.array(z.object({ files: z.array(z.object({ name: z.string() })) })) })
      .parse(JSON.parse(step.body))
    const names = outputs.flatMap(({ files }) => files.map(({ name }) => name))
    expect(names.length).toBeGreaterThan(5)
    expect(names.filter((name) => name.includes('\u202e'))).toEqual([])
  })
})

describe('a request for parts of a file', () => {
  it('H3 gets one part, and is refused with ten thousand or with none that is there', async () => {
    const { dash, visit, file } = await shown()
    const part = (range: string) => dash.as(visit, { path: file('page.html'), headers: { range } })
    const many = Array.from({ length: 1000 }, (_, index) => `${index}-${index}`).join(',')
    for (const range of [
      `bytes=${many}`,
      'bytes=0-1,0-2',
      'bytes=9-1',
      'bytes=999999-',
      'bytes=-0',
      'bytes=',
      'lines=0-1',
      'bytes=a-b',
    ]) {
      const { status, body } = await part(range)
      expect([range.slice(0, 20), status, body]).toEqual([range.slice(0, 20), 416, ''])
    }
    const good = await part('bytes=2-8')
    expect([good.status, good.body, good.headers['content-range']]).toEqual([
      206,
      'doctype',
      expect.stringMatching(/^bytes 2-8\/\d+$/),
    ])
    expect((await part('bytes=-4')).body).toHaveLength(4)
  })

  it('H4 sends no whole line of a log that has no end, and finds what is in it', async () => {
    const { bench, dash, job, visit } = await shown()
    const path = join(bench.jobDir, '01_make', 'stage.log')
    writeFileSync(path, `${'x'.repeat(30_000_000)}needle\nlast\n`)
    const log = await dash.as(visit, { path: `/api/log?job=${job}&step=make&from=0&count=9` })
    expect(log.body.length).toBeLessThan(10_000)
    const search = await dash.as(visit, { path: `/api/log-search?job=${job}&step=make&text=NEEDLE` })
    expect(JSON.parse(search.body)).toEqual({ count: 1, hits: [0] })
  })
})
