import { copyFileSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { expect, it } from 'vitest'
import { jobId } from '../../../src/dash/jobs/job-rows.ts'
import { runCommand, startCommand } from '../../rig/command.ts'
import { sampleFilm } from '../../rig/film.ts'
import { createGate, gatedConfig } from '../../rig/gate.ts'
import { temporaryDirectory } from '../../rig/workbench.ts'
import { newPage, openAddress, useBrowser } from '../browser.ts'
import { openDashBench } from '../dash-bench.ts'

/** So many kills of each kind in CI; 200 by command: REPRISE_DASH_KILLS=200. */
const kills = Number(process.env.REPRISE_DASH_KILLS ?? 2)
const patienceMs = 60_000 + kills * 20_000

useBrowser()

/** A folder with a config, and a page that has not been opened. */
async function bench() {
  const dir = temporaryDirectory()
  writeFileSync(join(dir, 'reprise.config.ts'), gatedConfig)
  const gate = await createGate(join(dir, 'gate'))
  const store = join(dir, 'store')
  const start = (...words: readonly string[]) => startCommand([...words, '--store', store], { cwd: dir })
  const run = (round: number) => {
    // Other words, so that each of the three steps is computed.
    writeFileSync(join(dir, 'in.txt'), `round ${round}`)
    return start('run', 'gated', 'in.txt', '-p', `gate=${gate.path}`, '--job', 'job')
  }
  const dash = async (port = 0) => {
    const running = start('dash', '--no-open', ...(port === 0 ? [] : ['--port', String(port)]))
    const line = await running.line((text) => text.includes('http'))
    const address = line.split(' ').find((word) => word.startsWith('http')) ?? ''
    const kill = async () => {
      running.child.kill('SIGKILL')
      await running.ended
    }
    return { address, port: Number(new URL(address).port), kill }
  }
  const page = await newPage({ viewport: { width: 1280, height: 900 } })
  const output = () => readFileSync(join(dir, 'job/03_last/text.txt'), 'utf8')
  return { dir, gate, store, start, run, dash, page, job: jobId(join(dir, 'job')), output }
}

const go = (page: Page, hash: string) => page.evaluate(`location.hash = ${JSON.stringify(hash)}`)

it(
  `shows ${kills} runs that are killed, and what became of them`,
  async () => {
    const { dir, gate, store, start, run, page, job, output } = await bench()
    const dash = await openDashBench(store, dir)
    await openAddress(page, dash.dash.address())
    for (let round = 0; round < kills; round++) {
      const running = run(round)
      const arrival = await gate.arrival()
      await go(page, `#/job/${job}/steps`)
      // A page may be there before the run is killed, or learn of both at once.
      if (round % 2 === 0) await page.locator('h1 .running').waitFor()
      running.child.kill('SIGKILL')
      await arrival.gone
      await page.locator('h1').getByText('interrupted').waitFor()
      await page.getByRole('button', { name: /interrupted wait/ }).waitFor()
      const again = start('run', '--job', 'job')
      ;(await gate.arrival()).open()
      expect(await again.ended).toMatchObject({ exitCode: 0 })
      await page.locator('h1 .done').waitFor()
      await page.getByText('3 of 3 steps').waitFor()
      expect(output()).toBe(`round ${round}`)
    }
    expect(dash.bugs).toEqual([])
  },
  patienceMs,
)

it(
  `is killed ${kills} times while a run goes on, and no run notices`,
  async () => {
    const { gate, run, dash, page, job, output } = await bench()
    let port = 0
    for (let round = 0; round < kills; round++) {
      const shown = await dash(port)
      port = shown.port
      const running = run(round)
      const arrival = await gate.arrival()
      await openAddress(page, shown.address)
      await go(page, `#/job/${job}/steps`)
      await page.locator('h1 .running').waitFor()
      await shown.kill()
      await page.getByText('Connection lost').waitFor()
      arrival.open()
      expect(await running.ended).toMatchObject({ exitCode: 0 })
      expect(output()).toBe(`round ${round}`)
    }
    const last = await dash(port)
    await openAddress(page, last.address)
    await page.locator('tr.job .done').waitFor()
  },
  patienceMs,
)

it(
  `loses nothing of what is typed while it is killed ${kills} times`,
  async () => {
    const { dir, start, dash, page, job } = await bench()
    copyFileSync(await sampleFilm(), join(dir, 'talk.mp4'))
    expect(await start('run', 'subtitles', 'talk.mp4', '--job', 'job').ended).toMatchObject({ exitCode: 0 })
    page.on('dialog', (dialog) => void dialog.accept())
    const editor = page.getByRole('region', { name: 'Edit the subtitles' })
    const open = async (address: string) => {
      await page.goto('about:blank')
      await openAddress(page, address)
      await go(page, `#/job/${job}/outputs`)
      await page.getByRole('button', { name: 'Edit these subtitles' }).first().click()
      await editor.locator('textarea').waitFor()
    }
    const saved = () => page.getByText('Saved as a correction').waitFor()
    const corrections = () => readFileSync(join(dir, 'job/corrections.json'), 'utf8')
    let port = 0
    for (let round = 0; round < kills; round++) {
      const typed = `Words of round ${round}`
      const first = await dash(port)
      port = first.port
      await open(first.address)
      const isAsked = page.waitForRequest('**/api/correct')
      await editor.locator('textarea').fill(typed)
      // Before the page asks to save it, while it is being saved, and when it has been.
      if (round % 3 === 1) await isAsked
      if (round % 3 === 2) await saved()
      await first.kill()
      await isAsked.catch(() => {})
      const second = await dash(port)
      await open(second.address)
      expect(await editor.locator('textarea').inputValue()).toBe(typed)
      await expect.poll(() => corrections(), { timeout: 15_000 }).toContain(typed)
      await second.kill()
    }
    const end = await runCommand(['run', '--job', 'job', '--store', join(dir, 'store')], { cwd: dir })
    expect(end.exitCode).toBe(0)
    expect(readFileSync(join(dir, 'job/04_subtitles/tracks/en.srt'), 'utf8')).toContain(`round ${kills - 1}`)
  },
  patienceMs,
)
