import { readFileSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import type { Page } from 'playwright-core'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { z } from 'zod'
import { definePipeline, defineStage } from '../../../src/core/index.ts'
import { jobId } from '../../../src/dash/jobs/job-rows.ts'
import { createWorkbench } from '../../rig/workbench.ts'
import { newPage, openAddress, useBrowser } from '../browser.ts'
import { openDashBench } from '../dash-bench.ts'
import { copying, smallMedia } from './media-job.ts'

useBrowser()
beforeEach(() => void vi.stubEnv('XDG_CACHE_HOME', ''))
afterEach(() => void vi.unstubAllEnvs())

const cues = 'WEBVTT\n\n00:01.000 --> 00:03.000\nfirst words\n\n00:06.000 --> 00:09.000\nsecond words\n'

async function bench(...files: readonly string[]) {
  const of = await createWorkbench()
  vi.stubEnv('XDG_CACHE_HOME', of.path('cache'))
  writeFileSync(of.path('en.vtt'), cues)
  await of.run(copying, { params: { from: [...files, of.path('en.vtt')].join('\n') } })
  const dash = await openDashBench(of.store.dir, of.dir)
  const page = await newPage({ viewport: { width: 1280, height: 1200 } })
  await openAddress(page, dash.dash.address())
  await page.evaluate(`location.hash = '#/job/${jobId(of.jobDir)}/outputs'`)
  return { ...of, dash, page }
}

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')
const violations = (page: Page) =>
  page.evaluate(
    `${axe}; axe.run(document).then(({ violations }) => violations.flatMap(({ id, nodes }) => nodes.map(({ html }) => id + ': ' + html.slice(0, 120))))`,
  )

it('draws a waveform when it is asked to, plays from where it is clicked, and keeps it', async () => {
  const { page, dash } = await bench(smallMedia('film.mp4'))
  await page.getByRole('button', { name: 'Draw the waveform' }).click()
  // This pipeline takes no corrections.
  expect(await page.getByRole('button', { name: 'Edit these subtitles' }).count()).toBe(0)
  const wave = page.getByRole('slider', { name: /^Waveform of film.mp4/ })
  await wave.waitFor()
  await page.locator('video').evaluate((film: HTMLVideoElement) => film.duration)
  const box = await wave.boundingBox()
  await wave.click({ position: { x: (box?.width ?? 0) * 0.75, y: 40 } })
  const time = () => page.locator('video').evaluate((film: HTMLVideoElement) => film.currentTime)
  // All twelve seconds are in sight.
  await expect.poll(time).toBeCloseTo(9, 0)
  await wave.press('ArrowLeft')
  await expect.poll(time).toBeCloseTo(8, 0)
  await expect.poll(() => wave.getAttribute('aria-valuetext')).toBe('00:08')
  expect(await violations(page)).toEqual([])
  await page.reload()
  await wave.waitFor()
  expect(dash.bugs).toEqual([])
})

it('says of what the browser cannot play what plays it, and makes a preview of a part', async () => {
  const { page, jobDir } = await bench(smallMedia('old.mkv'), smallMedia('sound.ac3'))
  const film = page.locator('.file-view', { hasText: 'old.mkv' })
  await film.getByText('does not play Matroska films').waitFor()
  await film.getByText(`ffplay ${jobDir}/01_copy/all/old.mkv`).waitFor()
  await film.getByRole('button', { name: 'Make a preview' }).click()
  const preview = page.getByLabel('Preview of old.mkv')
  await preview.waitFor()
  const length = (of: typeof preview) => of.evaluate((video: HTMLVideoElement) => Math.round(video.duration))
  await expect.poll(() => length(preview)).toBe(3)
  const sound = page.locator('.file-view', { hasText: 'sound.ac3' })
  await sound.getByLabel('From').fill('0:01')
  await sound.getByRole('button', { name: 'Make a preview' }).click()
  const heard = page.getByLabel('Preview of sound.ac3')
  await heard.waitFor()
  await expect.poll(() => length(heard)).toBe(2)
  expect(await violations(page)).toEqual([])
})

/** A page that shows two takes of a film and a text; `before` is told of it before anything is loaded. */
async function twoTakes(before: (page: Page) => Promise<void> = async () => {}) {
  const of = await createWorkbench()
  vi.stubEnv('XDG_CACHE_HOME', of.path('cache'))
  let count = 0
  const take = defineStage({
    name: 'take',
    version: 1,
    inputs: {},
    params: z.object({}),
    outputs: { film: 'film.mp4', text: 'text.txt' },
    run({ outputs }) {
      count += 1
      const film = readFileSync(smallMedia('film.mp4'))
      writeFileSync(outputs.film, Buffer.concat([film, Buffer.from([0, 0, 0, 9, ...Buffer.from('free'), count])]))
      writeFileSync(outputs.text, `take number ${count} of it`)
    },
  })
  const taking = definePipeline({
    name: 'taking',
    inputs: {},
    params: z.object({}),
    build: ({ step }) => ({ film: step(take, {}).film }),
  })
  await of.run(taking)
  await of.run(taking, { selection: { reroll: ['take'] } })
  const dash = await openDashBench(of.store.dir, of.dir)
  const page = await newPage({ viewport: { width: 1280, height: 1200 } })
  await before(page)
  await openAddress(page, dash.dash.address())
  await page.evaluate(`location.hash = '#/job/${jobId(of.jobDir)}/steps/take'`)
  await page.getByRole('tab', { name: 'takes' }).click()
  const [a, b] = [page.getByLabel('film.mp4, take A'), page.getByLabel('film.mp4, take B')]
  const time = (player: typeof a) => player.evaluate((film: HTMLVideoElement) => film.currentTime)
  /** Where both players are; what the drawer says, if it shows no players. */
  const times = () =>
    page.evaluate(() => {
      const films = [...document.querySelectorAll('video')]
      return films.length === 2
        ? films.map(({ currentTime }) => currentTime)
        : document.querySelector('.drawer')?.textContent
    })
  return { page, dash, a, b, time, times, slider: page.getByRole('slider', { name: 'Where both are' }) }
}

it('plays two takes in step, and shows the words that only one has', async () => {
  const { page, dash, a, b, time, times, slider } = await twoTakes()
  await slider.fill('5')
  await expect.poll(times).toEqual([5, 5])
  await page.getByRole('button', { name: 'Play both' }).click()
  await expect.poll(() => time(b)).toBeGreaterThan(5.2)
  await page.getByRole('button', { name: 'Pause' }).click()
  await page.locator('.drawer').press('x')
  const muted = (player: typeof a) => player.evaluate((film: HTMLVideoElement) => film.muted)
  await expect.poll(async () => [await muted(a), await muted(b)]).toEqual([true, false])
  expect([await page.locator('pre del').textContent(), await page.locator('pre ins').textContent()]).toEqual(['1', '2'])
  expect(await violations(page)).toEqual([])
  expect(dash.bugs).toEqual([])
})

it('puts two takes nowhere until both are loaded', async () => {
  let load = () => {}
  const loaded = new Promise<void>((resolve) => {
    load = resolve
  })
  const { b, times, slider } = await twoTakes(async (page) => {
    await page.route(/files\?.*output=film.*take=1$/, async (route) => {
      await loaded
      await route.continue()
    })
  })
  await expect.poll(() => b.evaluate((film: HTMLVideoElement) => film.readyState)).toBeGreaterThan(0)
  expect(await slider.isDisabled()).toBe(true)
  load()
  await slider.fill('5')
  await expect.poll(times).toEqual([5, 5])
})
