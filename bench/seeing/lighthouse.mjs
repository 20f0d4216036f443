// What Lighthouse says of the page and of a report. It is no dependency, because few need its 146 packages:
// npm install --no-save lighthouse@12.2.3 puts it here, and REPRISE_LIGHTHOUSE names one that lies elsewhere.

import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { join } from 'node:path'
import { chromium } from 'playwright-core'

const targets = { performance: 95, accessibility: 100, 'best-practices': 100 }

/** G12: the scores of the list of jobs and of a report, as a desktop loads them and as a slow phone does. */
export async function scores({ dir, cli, dash }) {
  const { lighthouse, desktopConfig } = await installed()
  if (lighthouse === undefined) {
    const figure = 'not installed: npm install --no-save lighthouse@12.2.3'
    return [{ goal: 'G12', what: 'Lighthouse', figure, target: '>= 95, 100, 100' }]
  }
  cli('run', 'saying', '--job', 'seen')
  cli('report', 'seen')
  const port = await freePort()
  const browser = await chromium.launch({
    executablePath: process.env.REPRISE_CHROMIUM ?? '/usr/bin/chromium',
    args: ['--no-sandbox', '--disable-gpu', `--remote-debugging-port=${port}`],
  })
  const page = readFileSync(join(dir, 'seen', 'report.html'))
  const files = createServer((_, answer) => answer.setHeader('content-type', 'text/html').end(page))
  await new Promise((ready) => files.listen(0, '127.0.0.1', ready))
  await dash()
  // An address of the dashboard works once.
  const address = () => cli('dash', '--url').match(/http\S+/)?.[0]
  const rows = []
  try {
    for (const [what, addressOf] of [
      ['report', () => `http://127.0.0.1:${files.address().port}/`],
      ['jobs', address],
    ]) {
      for (const [device, config] of [
        ['desktop', desktopConfig],
        ['slow phone', undefined],
      ]) {
        const options = { port, onlyCategories: Object.keys(targets), logLevel: 'error', disableStorageReset: true }
        const { lhr } = await lighthouse(addressOf(), options, config)
        if (lhr.runtimeError !== undefined) throw new Error(lhr.runtimeError.message)
        const found = Object.keys(targets).map((name) => Math.round(100 * lhr.categories[name].score))
        const isMet = Object.values(targets).every((target, index) => found[index] >= target)
        rows.push({
          goal: 'G12',
          what: `Lighthouse, ${what}, ${device}`,
          figure: found.join(', '),
          target: '>= 95, 100, 100',
          isMet,
        })
      }
    }
  } finally {
    files.close()
    await browser.close()
  }
  return rows
}

async function installed() {
  try {
    const { default: lighthouse, desktopConfig } = await import(process.env.REPRISE_LIGHTHOUSE ?? 'lighthouse')
    return { lighthouse, desktopConfig }
  } catch {
    return {}
  }
}

async function freePort() {
  const server = createServer()
  await new Promise((ready) => server.listen(0, '127.0.0.1', ready))
  const { port } = server.address()
  await new Promise((closed) => server.close(closed))
  return port
}
