import { appendFileSync, readFileSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { definePipeline, defineStage } from '../../src/core/index.ts'
import { jobId } from '../../src/dash/jobs/job-rows.ts'
import { createWorkbench } from '../rig/workbench.ts'
import { newPage, openAddress, useBrowser } from './browser.ts'
import { openDashBench } from './dash-bench.ts'

useBrowser()

/** Stages wait here until the test lets them go on. */
const held = new Map<string, Promise<void>>()

const say = defineStage({
  name: 'say',
  version: 1,
  inputs: {},
  params: z.object({ text: z.string(), style: z.string(), fails: z.boolean() }),
  outputs: { text: 'text.txt' },
  async run({ params, outputs, log, progress, fail }) {
    log(`saying ${params.text}`)
    progress(0.5, 'half of it')
    await held.get(params.text)
    if (params.fails) fail('the microphone is not plugged in')
    writeFileSync(outputs.text, `${params.text} ${params.style}`)
  },
})
const pipeline = definePipeline({
  name: 'saying',
  inputs: {},
  params: z.object({
    names: z.array(z.string()).default(['a', 'b', 'c']),
    style: z.string().default('plain'),
    fails: z.string().default(''),
  }),
  build: ({ step, each, params }) => ({
    first: step(say, {}, { id: 'first', params: { text: 'first', style: params.style, fails: false } }).text,
    all: each(params.names, (name) =>
      step(say, {}, { id: 'say', params: { text: name, style: params.style, fails: name === params.fails } }),
    ).text,
  }),
})

async function bench() {
  const of = await createWorkbench()
  const dash = await openDashBench(of.store.dir, of.dir)
  const page = await newPage({ viewport: { width: 1280, height: 800 } })
  const errors: string[] = []
  page.on('pageerror', (error) => errors.push(error.message))
  const open = async (hash = '#/') => {
    if (page.url() === 'about:blank') await openAddress(page, dash.dash.address())
    await page.evaluate(`location.hash = ${JSON.stringify(hash)}`)
  }
  return { ...of, dash, page, open, errors, job: jobId(of.jobDir) }
}

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

/** Returns what axe finds wrong with a page, a line each. */
async function violations(page: Page): Promise<readonly string[]> {
  const found: unknown = await page.evaluate(
    `${axe}; axe.run(document, { resultTypes: ['violations'] }).then(({ violations }) => violations.flatMap(({ id, nodes }) => nodes.map(({ html }) => id + ': ' + html.slice(0, 120))))`,
  )
  return z.array(z.string()).parse(found)
}

describe('the page', () => {
  it('shows how a first job is made where there is none', async () => {
    const { page, open } = await bench()
    await open()
    await page.getByRole('heading', { name: 'No jobs yet' }).waitFor()
    expect(await page.getByText('reprise list').count()).toBe(1)
    expect(await violations(page)).toEqual([])
  })

  it('is used by the keyboard alone, from the list to a log and back', async () => {
    const { run, page, open, errors } = await bench()
    await run(pipeline)
    await open()
    await page.locator('.job-link').waitFor()
    await page.keyboard.press('/')
    await page.keyboard.type('job')
    await page.keyboard.press('Enter')
    await page.keyboard.press('Enter')
    await page.getByRole('heading', { name: 'job' }).waitFor()
    for (const [key, view] of [
      ['t', 'timeline'],
      ['o', 'outputs'],
      ['g', 'graph'],
      ['s', 'steps'],
    ] as const) {
      await page.keyboard.press(key)
      await page.locator(`[role=tabpanel][aria-label=${view}]`).waitFor()
    }
    await page.getByRole('button', { name: 'say/b' }).focus()
    await page.keyboard.press('Enter')
    const drawer = page.getByRole('complementary', { name: 'step say/b' })
    await drawer.waitFor()
    await page.keyboard.press('3')
    await drawer.getByText('saying b').waitFor()
    await page.keyboard.press('2')
    await drawer.getByText('b plain').waitFor()
    await page.keyboard.press('Escape')
    await drawer.waitFor({ state: 'detached' })
    expect(await page.evaluate('document.activeElement.textContent')).toContain('say/b')
    expect(errors).toEqual([])
  })

  it('follows a run, and says in words what a step waits for, why it ran, and that it failed', async () => {
    const { run, page, open, job } = await bench()
    await run(pipeline, { params: { fails: 'b' }, keepGoing: true })
    let release = () => {}
    held.set(
      'c',
      new Promise((resolve) => {
        release = resolve
      }),
    )
    await open()
    await page.locator('tr.job .failed').waitFor()
    const running = run(pipeline, { params: { style: 'bold', fails: 'b' }, keepGoing: true })
    await page.locator('tr.job .running').waitFor()
    await open(`#/job/${job}/steps`)
    await page.getByRole('button', { name: /running say\/c/ }).waitFor()
    await expect.poll(() => page.title()).toMatch(/^\d+% job/)
    await page.getByRole('button', { name: /failed say\/b/ }).waitFor()
    release()
    await running
    await page.getByRole('button', { name: /done say\/c/ }).waitFor()
    await page.locator('h1 .failed').waitFor()
    await page.getByRole('button', { name: /done say\/c/ }).click()
    const drawer = page.getByRole('complementary')
    await drawer.getByText('params.style').waitFor()
    expect([await drawer.locator('del').textContent(), await drawer.locator('ins').textContent()]).toEqual([
      'plain',
      'bold',
    ])
    await drawer.getByRole('button', { name: 'Compare the results' }).click()
    const both = drawer.getByRole('region', { name: 'The result before and now' })
    await both.locator('pre').waitFor()
    expect(await both.locator('pre').textContent()).toBe('c plainbold')
    held.delete('c')
  })

  it('counts what this run has done, and not what one before it did', async () => {
    const { run, page, open, job } = await bench()
    await run(pipeline)
    let release = () => {}
    held.set(
      'first',
      new Promise((resolve) => {
        release = resolve
      }),
    )
    await open(`#/job/${job}/steps`)
    await page.getByText('4 of 4 steps').waitFor()
    const running = run(pipeline, { params: { style: 'bold' }, concurrency: 1 })
    await page.getByText('0 of 4 steps').waitFor()
    release()
    await running
    held.delete('first')
    await page.getByText('4 of 4 steps').waitFor()
  })

  it('says that a run goes on when the dashboard is gone', async () => {
    const { run, page, open, dash } = await bench()
    await run(pipeline)
    await open()
    await page.locator('.job-link').waitFor()
    await dash.dash.close()
    await page.getByText('The run goes on; this page will catch up.').waitFor()
  })

  it('keeps ten tabs up to date over one stream', async () => {
    const { run, page, open, dash } = await bench()
    await open()
    const address = page.url()
    const tabs = await Promise.all(Array.from({ length: 9 }, () => page.context().newPage()))
    await Promise.all(tabs.map((tab) => tab.goto(address)))
    await Promise.all(tabs.map((tab) => tab.getByRole('heading', { name: 'No jobs yet' }).waitFor()))
    await run(pipeline)
    await Promise.all([page, ...tabs].map((tab) => tab.locator('tr.job .done').waitFor()))
    expect(dash.bugs).toEqual([])
  })

  it('holds ten thousand steps: it draws those in sight, and finds one by words', async () => {
    const { run, page, open, job, jobDir } = await bench()
    await run(pipeline)
    const log = join(jobDir, 'events.jsonl')
    const [first = '{}'] = readFileSync(log, 'utf8').split('\n')
    const base = { ...z.record(z.string(), z.unknown()).parse(JSON.parse(first)), run: 'many' }
    const steps = Array.from({ length: 10_000 }, (_, index) => `say/${index}`)
    const events = [
      { ...base, steps, needs: { say: [] } },
      ...steps.map((stage) => ({
        ...base,
        event: 'stage_skipped',
        stage,
        because: 'cached',
        saved_ms: 5,
        steps: undefined,
      })),
    ]
    appendFileSync(log, `${events.map((event) => JSON.stringify(event)).join('\n')}\n`)
    await open(`#/job/${job}/steps`)
    await page.getByRole('button', { name: /say\/0\b/ }).waitFor()
    expect(await page.locator('.step-row').count()).toBeLessThan(80)
    await page.locator('.steps-scroll').focus()
    await page.keyboard.press('End')
    await page.getByRole('button', { name: /say\/9999\b/ }).waitFor()
    await page.getByRole('searchbox').fill('say/777')
    await page.getByRole('button', { name: /say\/7777\b/ }).waitFor()
    await page.keyboard.press('Escape')
    await open(`#/job/${job}/graph`)
    await page.locator('.box').first().waitFor()
    expect(await page.locator('.box').count()).toBeLessThan(4)
  })

  it('says in the list how the last run ended, and names the item that made each output of a fan-out', async () => {
    const { run, page, open, job } = await bench()
    await run(pipeline)
    await open()
    await page.getByText(/^4 steps, took \d/).waitFor()
    await open(`#/job/${job}/outputs`)
    await page.locator('.file b').nth(2).waitFor()
    expect(await page.locator('.file b').allTextContents()).toEqual(['a ', 'b ', 'c '])
    await run(pipeline, { params: { fails: 'b' }, keepGoing: true })
    await open('#/')
    await page.getByText(/^1 failed, 3 steps done, saved/).waitFor()
    await open(`#/job/${job}/outputs`)
    await expect.poll(() => page.locator('.file b').allTextContents()).toEqual(['a ', 'c '])
  })

  it('shows of a run that was killed what its steps said, and what workers may still have of it', async () => {
    const { run, page, open, job, jobDir } = await bench()
    await run(pipeline)
    const log = join(jobDir, 'events.jsonl')
    const [first = '{}'] = readFileSync(log, 'utf8').split('\n')
    const { steps, ...base } = z.record(z.string(), z.unknown()).parse(JSON.parse(first))
    const step = { ...base, run: 'killed', stage: 'say/b', key: '0'.repeat(64) }
    const events = [
      { ...base, run: 'killed', steps },
      { ...step, event: 'stage_cache_miss', reasons: [{ kind: 'forced' }] },
      { ...step, event: 'stage_running', device: 'cpu', attempt: 1 },
      { ...step, event: 'stage_queued', pool: 'cpu' },
      { ...step, event: 'stage_log', level: 'info', line: 'half of it is said' },
    ]
    appendFileSync(log, `${events.map((event) => JSON.stringify(event)).join('\n')}\n`)
    await open()
    await page.getByText('killed before it ended').waitFor()
    await open(`#/job/${job}/steps/say%2Fb`)
    await page.getByText('1 step may still run on workers').waitFor()
    await page.keyboard.press('3')
    await page.getByRole('complementary').getByText('half of it is said').waitFor()
    expect(await violations(page)).toEqual([])
  })

  it.each(['light', 'dark'] as const)(
    'has no violation of axe on its screens in %s, wide and narrow',
    async (colorScheme) => {
      const { run, page, open, job } = await bench()
      await run(pipeline)
      await run(pipeline, { params: { style: 'bold', fails: 'b' }, keepGoing: true })
      await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' })
      for (const width of [1280, 360]) {
        await page.setViewportSize({ width, height: 800 })
        for (const hash of [
          '#/',
          `#/job/${job}/graph`,
          `#/job/${job}/timeline`,
          `#/job/${job}/steps`,
          `#/job/${job}/steps/say%2Fb`,
          `#/job/${job}/steps/say%2Fc`,
          `#/job/${job}/outputs`,
        ]) {
          await open(hash)
          await page
            .locator(hash === '#/' ? '.job-link' : hash.endsWith('Fc') ? '.old-new' : '[role=tabpanel]')
            .first()
            .waitFor()
          expect([hash, width, await violations(page)]).toEqual([hash, width, []])
          expect(await page.evaluate('document.documentElement.scrollWidth <= innerWidth')).toBe(true)
        }
      }
    },
  )
})
