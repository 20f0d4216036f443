// Makes the pictures of docs/dashboard.md: runs a job of the pipeline subtitles on a synthesized film, opens the dashboard
// in Chromium, and takes a picture of each screen. Usage: node scripts/docs/dashboard-pictures.mjs
import { execFileSync, spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { chromium } from 'playwright-core'

const root = fileURLToPath(new URL('../..', import.meta.url))
const pictures = join(root, 'docs', 'images')
const largestBytes = 200_000
const work = mkdtempSync(join(tmpdir(), 'reprise-pictures-'))
const env = { ...process.env, REPRISE_STORE: join(work, 'store'), XDG_CACHE_HOME: join(work, 'cache') }
const cli = (...args) =>
  execFileSync(process.execPath, [join(root, 'dist/cli.cjs'), ...args], { cwd: work, env, encoding: 'utf8' })

execFileSync('sh', [join(root, 'scripts/make-sample.sh'), join(work, 'talk.mp4')])
cli('run', 'subtitles', 'talk.mp4', '-p', 'to=es', '--quiet')
cli('run', 'subtitles', 'talk.mp4', '-p', 'to=es', '-p', 'maxLineChars=32', '--quiet')
try {
  cli(
    'run',
    'subtitles',
    'talk.mp4',
    '-p',
    'to=es',
    '-p',
    'charsPerSecond=5',
    '-p',
    'strict=true',
    '--job',
    'strict',
    '--quiet',
  )
} catch {
  // It fails: a picture shows a job that did.
}
const dash = spawn(process.execPath, [join(root, 'dist/cli.cjs'), 'dash', '--no-open'], { cwd: work, env })
const address = await new Promise((resolve) =>
  dash.stdout.once('data', (text) => resolve(String(text).split(' ')[1].trim())),
)
const browser = await chromium.launch({
  executablePath: process.env.REPRISE_CHROMIUM ?? '/usr/bin/chromium',
  args: ['--no-sandbox'],
})
try {
  const page = await browser.newPage({ viewport: { width: 1100, height: 720 }, colorScheme: 'light' })
  await page.goto(address)
  await page.locator('.job-link').first().waitFor()
  mkdirSync(pictures, { recursive: true })
  const take = async (name) => {
    const path = join(pictures, `dashboard-${name}.png`)
    await page.screenshot({ path })
    const { size } = statSync(path)
    console.log(`${path}: ${Math.round(size / 1000)} kB`)
    if (size > largestBytes) throw new Error(`${path} is larger than ${largestBytes} bytes`)
  }
  await take('jobs')
  await page.getByRole('link', { name: 'subtitles-talk' }).click()
  await page.locator('.box').first().waitFor()
  await page.getByRole('button', { name: 'Change params' }).click()
  await page.getByLabel('maxLineChars').fill('28')
  await page.locator('.cost').waitFor()
  await page.evaluate(() => document.querySelector('.plan').scrollIntoView())
  await take('params')
  await page.getByRole('button', { name: 'Do nothing' }).click()
  await page.keyboard.press('s')
  await page
    .getByRole('button', { name: /done subtitles/ })
    .first()
    .click()
  await page.locator('.old-new').first().waitFor()
  await take('why')
  await page.keyboard.press('Escape')
  await page.keyboard.press('o')
  await page.getByRole('button', { name: 'Draw the waveform' }).first().click()
  await page.locator('.wave canvas').first().waitFor()
  await page.locator('.cues li > button').nth(2).click()
  await page.waitForTimeout(1500)
  await page
    .locator('video')
    .first()
    .evaluate((film) => film.pause())
  await page.evaluate(() => document.querySelector('video').scrollIntoView())
  await take('outputs')
} finally {
  await browser.close()
  const ended = new Promise((resolve) => dash.once('exit', resolve))
  dash.kill()
  await ended
  rmSync(work, { recursive: true, force: true })
}
