// Takes a picture of every screen of the dashboard in every state, and asks axe of each what is wrong with it.
// Usage: node scripts/docs/dashboard-states.mjs DIRECTORY [empty|running|killed|failed|done ...]
import { mkdirSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { createServer } from 'node:net'
import { join, resolve } from 'node:path'
import { openBed, openPage } from '../../bench/seeing/bed.mjs'

const [directory = 'pictures', ...wanted] = process.argv.slice(2)
const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')
const states = ['empty', 'running', 'killed', 'failed', 'done'].filter(
  (name) => wanted.length === 0 || wanted.includes(name),
)
const problems = []
let count = 0
mkdirSync(directory, { recursive: true })

/** Brings a folder with one job into a state. */
async function into(state, { cli, start, dir, processes }) {
  if (state === 'empty') return
  cli('run', 'saying', '--job', 'talk')
  if (state === 'done') return
  if (state === 'failed') {
    try {
      cli('run', '--job', 'talk', '-p', 'fails=true', '-p', 'text=other', '--keep-going')
    } catch {
      // It fails, as it should.
    }
    return
  }
  const gate = createServer(() => {})
  gate.unref()
  await new Promise((ready) => gate.listen(join(dir, 'gate'), ready))
  const reached = new Promise((reach) => gate.once('connection', reach))
  const run = start('run', '--job', 'talk', '-p', `waits=${join(dir, 'gate')}`, '-p', 'text=other')
  processes.push(run)
  await reached
  if (state !== 'killed') return
  const ended = new Promise((end) => run.once('exit', end))
  run.kill('SIGKILL')
  await ended
}

const screens = {
  jobs: async (page) => go(page, '#/', state(page) === 'empty' ? 'h1' : '.job-link'),
  graph: (page) => inJob(page, 'graph', '.box'),
  timeline: (page) => inJob(page, 'timeline', '.timeline, .notice'),
  steps: (page) => inJob(page, 'steps', '.step-row'),
  outputs: (page) => inJob(page, 'outputs', '#view > *'),
  why: (page) => inDrawer(page, 'why'),
  log: (page) => inDrawer(page, 'log'),
  takes: (page) => inDrawer(page, 'takes'),
  params: async (page) => {
    await inJob(page, 'graph', '.box')
    if (state(page) === 'running') return
    await page.getByRole('button', { name: 'Change params' }).click()
    await page.getByLabel('text').fill('third')
    await page.locator('.cost').waitFor()
  },
  new: async (page) => {
    await go(page, '#/new', '#pipeline')
    await page.locator('#pipeline').selectOption('saying')
    await page.locator('.cost').waitFor()
  },
  cache: (page) => go(page, '#/cache', state(page) === 'empty' ? '.tiles' : '.slider'),
}
const perJob = ['graph', 'timeline', 'steps', 'outputs', 'why', 'log', 'takes', 'params']
const stateOf = new WeakMap()
const state = (page) => stateOf.get(page)

async function go(page, hash, selector) {
  await page.evaluate((to) => (location.hash = to), hash)
  await page.locator(selector).first().waitFor()
}

async function inJob(page, view, selector) {
  await go(page, '#/', '.job-link')
  const href = await page.locator('.job-link').first().getAttribute('href')
  await go(page, `${href}/${view}`, selector)
}

async function inDrawer(page, tab) {
  await inJob(page, `steps/${encodeURIComponent('say/b')}`, '.drawer')
  await page.locator('.drawer').getByRole('tab', { name: tab }).click()
  await page.locator('#step-view > *').first().waitFor()
}

for (const name of states) {
  const bed = await openBed()
  try {
    await into(name, bed)
    const { address } = await bed.dash()
    const page = await openPage(bed.browser, address, undefined, { reducedMotion: 'reduce' })
    stateOf.set(page, name)
    if (name === 'running') await page.locator('tr.job .running').waitFor({ timeout: 60_000 })
    for (const [screen, show] of Object.entries(screens)) {
      if (name === 'empty' && perJob.includes(screen)) continue
      for (const width of [1280, 768, 360]) {
        await page.setViewportSize({ width, height: 860 })
        await show(page)
        for (const colorScheme of ['light', 'dark']) {
          await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' })
          await page.waitForTimeout(150)
          const path = join(directory, `${name}-${screen}-${width}-${colorScheme}.png`)
          await page.screenshot({ path })
          count += 1
          const found = await page.evaluate(
            `${axe}; axe.run(document).then(({ violations }) => violations.flatMap(({ id, nodes }) => nodes.map(({ html }) => id + ': ' + html.slice(0, 140))))`,
          )
          if (!(await page.evaluate('document.documentElement.scrollWidth <= innerWidth')))
            found.push('it is wider than the window')
          problems.push(...found.map((text) => `${path}: ${text}`))
        }
      }
    }
  } finally {
    await bed.close()
  }
}
for (const problem of problems) console.log(problem)
console.log(`${count} pictures in ${resolve(directory)}, ${problems.length} problems that axe or the width tells`)
process.exitCode = problems.length === 0 ? 0 : 1
