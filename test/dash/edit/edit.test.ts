import { execFileSync } from 'node:child_process'
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { jobId } from '../../../src/dash/jobs/job-rows.ts'
import type { Cue } from '../../../stages/cues/cues.ts'
import { readCues } from '../../../stages/cues/read-cues.ts'
import { runCommand } from '../../rig/command.ts'
import { sampleFilm } from '../../rig/film.ts'
import { temporaryDirectory } from '../../rig/workbench.ts'
import { newPage, openAddress, useBrowser } from '../browser.ts'
import { openDashBench } from '../dash-bench.ts'

useBrowser()

/** One store for all tests here: what is recognized once is a hit for the others. */
let store = ''
beforeAll(() => {
  store = mkdtempSync(join(tmpdir(), 'reprise-edit-store-'))
})
afterAll(() => rmSync(store, { recursive: true, force: true }))

/** A job of a film that has its subtitles, and a page that shows its outputs. */
async function bench() {
  const dir = temporaryDirectory()
  copyFileSync(await sampleFilm(), join(dir, 'talk.mp4'))
  const run = (...args: readonly string[]) => runCommand([...args, '--store', store], { cwd: dir })
  const first = await run('run', 'subtitles', 'talk.mp4', '--job', 'job')
  expect(first.exitCode, first.stderr).toBe(0)
  const dash = await openDashBench(store, dir)
  const page = await newPage({ viewport: { width: 1280, height: 900 } })
  await openAddress(page, dash.dash.address())
  const hash = `#/job/${jobId(join(dir, 'job'))}/outputs`
  await page.evaluate(`location.hash = ${JSON.stringify(hash)}`)
  const read = (path: string) => readFileSync(join(dir, 'job', path), 'utf8')
  const film = () =>
    execFileSync('ffmpeg', ['-v', 'error', '-i', join(dir, 'job/05_mux/film.mp4'), '-map', '0:s:0', '-f', 'srt', '-'], {
      encoding: 'utf8',
    })
  return { dir, dash, page, run, read, film }
}

async function openEditor(page: Page) {
  await page.getByRole('button', { name: 'Edit these subtitles' }).first().click()
  const editor = page.getByRole('region', { name: 'Edit the subtitles' })
  await editor.locator('textarea').waitFor()
  return editor
}

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

/** Returns what axe finds wrong with the editor, a line each. */
async function violations(page: Page): Promise<unknown> {
  return page.evaluate(
    `${axe}; axe.run(document.querySelector('.editor')).then(({ violations }) => violations.flatMap(({ id, nodes }) => nodes.map(({ html }) => id + ': ' + html.slice(0, 120))))`,
  )
}

const saved = (page: Page) => page.getByText('Saved as a correction').waitFor()

it('a cue that is corrected stays: over a reload, in the film after a run, and with another profile', async () => {
  const { dash, page, run, read, film } = await bench()
  const computed = read('04_subtitles/tracks/en.srt')
  const editor = await openEditor(page)
  await editor.locator('textarea').fill('Qwertzuiop asdf')
  await saved(page)
  expect(read('04_subtitles/tracks/en.srt')).toBe(computed)
  expect(read('corrections.json')).toContain('Qwertzuiop asdf')
  await page.locator('.cost').getByText('Computes 1 to 3 steps').waitFor()

  await page.keyboard.press('Escape')
  await page.keyboard.press('g')
  await page.locator('.box').first().waitFor()
  expect(await page.locator('.graph').evaluate(({ scrollWidth, clientWidth }) => scrollWidth <= clientWidth)).toBe(true)
  await page.keyboard.press('o')
  await page.reload()
  const again = await openEditor(page)
  expect(await again.locator('textarea').inputValue()).toBe('Qwertzuiop asdf')
  await again.locator('textarea').fill('Qwertzuiop yxcv')
  await saved(page)
  await page.getByRole('button', { name: 'Run with these corrections' }).click()
  // The page may not know yet that it runs: what the run itself says of its end counts.
  await expect.poll(() => read('events.jsonl').match(/"event":"pipeline_completed"/g)?.length).toBe(2)
  expect(read('04_subtitles/tracks/en.srt')).toContain('Qwertzuiop yxcv')
  await page.locator('h1 .done').waitFor()
  expect(film()).toContain('Qwertzuiop yxcv')
  await page.getByText('The outputs have all corrections.').waitFor()

  const other = await run('run', '--job', 'job', '-p', 'profile=vertical')
  expect(other.exitCode, other.stderr).toBe(0)
  expect(film()).toContain('Qwertzuiop')
  expect(dash.bugs).toEqual([])
}, 120_000)

it('cues are cut, joined, added, deleted and moved by keys and buttons, and each is undone', async () => {
  const { page, read } = await bench()
  const editor = await openEditor(page)
  const text = editor.locator('textarea')
  const cues = () => editor.locator('li').count()
  const before = await cues()
  const first = await text.inputValue()
  await text.fill('one two')
  for (const key of ['Home', 'ArrowRight', 'ArrowRight', 'ArrowRight']) await text.press(key)
  await text.press('Shift+Enter')
  await expect.poll(cues).toBe(before + 1)
  expect(await text.inputValue()).toBe('two')
  await saved(page)
  await text.press('Control+z')
  await expect.poll(cues).toBe(before)
  await text.press('Control+z')
  expect(await text.inputValue()).toBe(first)
  await page.getByText('Saved as a correction').waitFor()
  await expect.poll(() => JSON.stringify(JSON.parse(read('corrections.json')))).toBe('{"version":1,"tracks":{}}')

  await text.press('Control+Shift+z')
  expect(await text.inputValue()).toBe('one two')
  await editor.getByLabel('End').fill('0:00.050')
  await page
    .getByText(/too short|ends before it starts/)
    .first()
    .waitFor()
  await text.press('Control+z')
  await editor.getByRole('button', { name: 'Delete' }).click()
  await expect.poll(cues).toBe(before - 1)
  await text.press('Control+z')
  await expect.poll(cues).toBe(before)
  await text.fill('')
  await page.getByText('has no words').waitFor()
  await text.fill(`${'long '.repeat(20)}line`)
  await editor.getByText('too long: at most 42').waitFor()
  await text.press('Escape')
  await page.keyboard.press('?')
  await editor.getByText('split at the cursor').waitFor()
}, 60_000)

it('what was typed is kept while the dashboard is away, and saved when it is back', async () => {
  const { page, read } = await bench()
  const editor = await openEditor(page)
  await page.route('**/api/correct', (route) => route.abort())
  await editor.locator('textarea').fill('Qwertzuiop')
  await page.getByText('What you typed is kept in this tab').waitFor()
  page.on('dialog', (dialog) => void dialog.accept())
  await page.reload()
  await page.getByText('What you typed in this track is not saved yet').first().waitFor()
  const again = await openEditor(page)
  expect(await again.locator('textarea').inputValue()).toBe('Qwertzuiop')
  await page.unroute('**/api/correct')
  await saved(page)
  expect(read('corrections.json')).toContain('Qwertzuiop')
}, 60_000)

it('conflicts are listed with what is computed and yours, and settled one by one', async () => {
  const { dir, page, read } = await bench()
  const cues = readCues(read('04_subtitles/tracks/en.srt'))
  const all = cues.ok ? cues.value : []
  expect(all.length).toBeGreaterThan(1)
  const correction = (cue: Cue | undefined, word: string) => {
    const { startMs = 0, endMs = 0, lines = [] } = cue ?? {}
    const first = (word: string) => [[word, ...lines.join(' ').split(' ').slice(1)].join(' ')]
    return { base: [{ startMs, endMs, lines: first('formerly') }], cues: [{ startMs, endMs, lines: first(word) }] }
  }
  const en = [correction(all[0], 'Qwertzuiop'), correction(all[1], 'Asdfghjkl')]
  writeFileSync(join(dir, 'job/corrections.json'), JSON.stringify({ version: 1, tracks: { en } }))
  const editor = await openEditor(page)
  const conflicts = editor.getByRole('region', { name: 'Conflicts' })
  await conflicts.getByText('2 conflicts').waitFor()
  expect(await conflicts.locator('pre').first().textContent()).toMatch(/was .*formerly.*now .*yours .*Qwertzuiop/s)
  for (const colorScheme of ['light', 'dark'] as const)
    for (const width of [1280, 360]) {
      await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' })
      await page.setViewportSize({ width, height: 900 })
      expect([colorScheme, width, await violations(page)]).toEqual([colorScheme, width, []])
      expect(await page.evaluate('document.documentElement.scrollWidth <= innerWidth')).toBe(true)
    }
  await conflicts.getByRole('button', { name: 'Take what is computed now' }).first().click()
  await conflicts.getByText('1 conflict:').waitFor()
  await conflicts.getByRole('button', { name: 'Keep yours' }).click()
  await conflicts.waitFor({ state: 'detached' })
  expect(read('corrections.json')).not.toContain('Qwertzuiop')
  expect(read('corrections.json')).toContain('Asdfghjkl')
  await editor.locator('.cost').waitFor()
}, 60_000)
