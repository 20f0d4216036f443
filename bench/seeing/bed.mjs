// What the measures of the dashboard lie on: a folder with jobs that are as large as is asked for, a dashboard of the
// build, and a browser.
import { execFileSync, spawn } from 'node:child_process'
import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { chromium } from 'playwright-core'

export const root = fileURLToPath(new URL('../..', import.meta.url))
export const dist = (name) => join(root, 'dist', name)

const config = `
import { copyFileSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { defineConfig, definePipeline, defineStage } from 'reprise'
import { z } from 'zod'
const say = defineStage({
  name: 'say', version: 1, inputs: {}, params: z.object({ text: z.string(), waits: z.string(), fails: z.boolean() }),
  outputs: { text: 'text.txt' },
  async run({ params, outputs, fail, log }) {
    log('saying ' + params.text)
    if (params.waits !== '') await new Promise((resolve) => connect(params.waits).on('close', resolve).on('error', resolve))
    if (params.fails) fail('the microphone is not plugged in')
    writeFileSync(outputs.text, params.text)
  },
})
const copy = defineStage({
  name: 'copy', version: 1, inputs: {}, params: z.object({ from: z.array(z.string()) }), outputs: { all: 'all/' },
  run: ({ params, outputs }) => params.from.forEach((path) => copyFileSync(path, outputs.all + '/' + path.split('/').at(-1))),
})
const params = z.object({ text: z.string().default('hello'), waits: z.string().default(''), fails: z.boolean().default(false) })
export default defineConfig({ pipelines: [
  definePipeline({ name: 'saying', inputs: {}, params, build: ({ step, each, params }) => ({
    first: step(say, {}, { id: 'first', params: { text: 'first', waits: '', fails: false } }).text,
    all: each(['a', 'b', 'c'], (name) => step(say, {}, { id: 'say', params: {
      text: params.text + name, waits: name === 'b' ? params.waits : '', fails: params.fails && name === 'b' } })).text,
  }) }),
  definePipeline({ name: 'copying', inputs: {}, params: z.object({ from: z.array(z.string()) }),
    build: ({ step, params }) => ({ all: step(copy, {}, { params }).all }) }),
] })
`

/** Makes a folder with a config, and what is done in it; all of it goes when it is closed. */
export async function openBed() {
  const dir = mkdtempSync(join(tmpdir(), 'reprise-seeing-'))
  writeFileSync(join(dir, 'reprise.config.ts'), config)
  const env = { ...process.env, REPRISE_STORE: join(dir, 'store'), XDG_CACHE_HOME: join(dir, 'cache') }
  delete env.NODE_EXTRA_CA_CERTS
  const cli = (...args) =>
    execFileSync(process.execPath, [dist('cli.cjs'), ...args], {
      cwd: dir,
      env,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    })
  const start = (...args) => spawn(process.execPath, [dist('cli.cjs'), ...args], { cwd: dir, env })
  const processes = []
  const dash = async () => {
    const began = performance.now()
    const child = start('dash', '--no-open')
    processes.push(child)
    const address = await new Promise((resolve, reject) => {
      child.stdout.once('data', (text) => resolve(String(text).split(' ')[1].trim()))
      child.once('exit', () => reject(new Error('the dashboard ended')))
    })
    return { child, address, ms: performance.now() - began }
  }
  const browser = await chromium.launch({
    executablePath: process.env.REPRISE_CHROMIUM ?? '/usr/bin/chromium',
    args: ['--no-sandbox', '--disable-gpu'],
  })
  const close = async () => {
    await browser.close()
    for (const child of processes) child.kill('SIGKILL')
    rmSync(dir, { recursive: true, force: true, maxRetries: 5 })
  }
  return { dir, env, cli, start, dash, browser, processes, close }
}

/** Adds to the log of a job what a run of other steps would have told. */
export function tellRun(jobDir, steps, events) {
  const log = join(jobDir, 'events.jsonl')
  const [first] = readFileSync(log, 'utf8').split('\n')
  const begin = { ...JSON.parse(first), run: 'told', ts: new Date().toISOString(), steps, needs: needsOf(steps) }
  const { steps: _, needs: __, pipeline: ___, device: ____, event: _____, ...common } = begin
  const all = [begin, ...events.map((event) => ({ ...common, ...event }))]
  appendFileSync(log, all.map((event) => `${JSON.stringify(event)}\n`).join(''))
  return common
}

function needsOf(steps) {
  const names = [...new Set(steps.map((id) => id.split('/')[0]))]
  return Object.fromEntries(names.map((name, at) => [name, at < 3 ? [] : [names[at - 3], names[at - 2]]]))
}

export function percentile(values, part) {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(part * sorted.length))] ?? Number.NaN
}

/** Opens a page of a dashboard; `seen(selector)` is when it was there, after the page was asked for. */
export async function openPage(browser, address, hash, options = {}) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, ...options })
  const page = await context.newPage()
  await page.addInitScript(() => {
    window.seenAt = {}
    window.watchFor = (selector) => {
      const look = () => {
        if (document.querySelector(selector) === null) requestAnimationFrame(look)
        else requestAnimationFrame(() => (window.seenAt[selector] = performance.now()))
      }
      look()
    }
  })
  await page.goto(address)
  await page.waitForURL(/\/[\w-]{43}\//)
  if (hash !== undefined) await page.evaluate((to) => (location.hash = to), hash)
  return page
}

/** Loads the page anew, and returns how many milliseconds later something is on the screen. */
export async function shownAfter(page, selector, rounds = 3) {
  const times = []
  for (let round = 0; round < rounds; round++) {
    await page.reload()
    times.push(
      await page.evaluate(
        (of) =>
          new Promise((resolve) => {
            window.watchFor(of)
            const look = () =>
              window.seenAt[of] === undefined ? requestAnimationFrame(look) : resolve(window.seenAt[of])
            look()
          }),
        selector,
      ),
    )
  }
  return percentile(times, 0.5)
}
