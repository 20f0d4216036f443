// Each measure returns rows of the table: the goal, what was measured, its figure, and what is aimed at.
import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { appendFileSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { gzipSync } from 'node:zlib'
import { dist, openPage, percentile, root, shownAfter, tellRun } from './bed.mjs'

const idOf = (jobDir) => createHash('sha256').update(jobDir).digest('hex').slice(0, 16)
const kB = (bytes) => `${(bytes / 1000).toFixed(1)} kB`
const ms = (value) => `${Math.round(value)} ms`
const row = (goal, what, figure, target, isMet) => ({ goal, what, figure, target, isMet })

/** G3: what the page loads, and what of the package is the dashboard's. */
export async function sizes({ browser, cli, dash }) {
  cli('run', 'saying', '--job', 'small')
  const { address } = await dash()
  const script = readFileSync(dist('dash-page.js'))
  const page = await openPage(browser, address)
  const asked = []
  page.on('request', (request) => asked.push(request.url()))
  await page.reload()
  await page.locator('.job-link').waitFor()
  const style = await page.evaluate(() => fetch('app.css').then((answer) => answer.text()))
  const html = await page.content()
  const foreign = asked.filter((url) => !url.startsWith(new URL(page.url()).origin))
  const [js, css] = [gzipSync(script, { level: 9 }).length, gzipSync(style, { level: 9 }).length]
  const own = readdirSync(join(root, 'dist')).filter((name) => /dash/.test(name) && !name.endsWith('.map'))
  const bytes = own.reduce((sum, name) => sum + statSync(dist(name)).size, 0)
  await page.context().close()
  return [
    row('G3', 'first load, JS, gzip', kB(js), '<= 40 kB', js <= 40_000),
    row('G3', 'first load, CSS, gzip', kB(css), '<= 8 kB', css <= 8000),
    row('G3', 'whole page, gzip', kB(js + css + gzipSync(html).length), '<= 100 kB', js + css < 100_000),
    row('G3', 'requests to other origins', String(foreign.length), '0', foreign.length === 0),
    row('G3', 'of the package', kB(bytes), '<= 300 kB', bytes <= 300_000),
  ]
}

/** G4: how long it takes to listen, and whether a run loads anything of it. */
export async function starting({ dash, cli, dir, env }) {
  const times = []
  for (let round = 0; round < 5; round++) {
    const { child, ms: took } = await dash()
    times.push(took)
    await new Promise((resolve) => child.once('exit', resolve) && child.kill())
  }
  const bare = []
  for (let round = 0; round < 5; round++) {
    const began = performance.now()
    execFileSync(process.execPath, ['-e', ''], { env })
    bare.push(performance.now() - began)
  }
  const coverage = join(dir, 'coverage')
  mkdirSync(coverage)
  execFileSync(process.execPath, [dist('cli.cjs'), 'run', 'saying', '--job', 'small'], {
    cwd: dir,
    env: { ...env, NODE_V8_COVERAGE: coverage },
    stdio: 'ignore',
  })
  const loaded = readdirSync(coverage).flatMap((name) =>
    JSON.parse(readFileSync(join(coverage, name), 'utf8')).result.map(({ url }) => url),
  )
  const ofDash = loaded.filter((url) => /dist\/.*dash/.test(url))
  cli('jobs', 'list')
  const [own, node] = [percentile(times, 0.5), percentile(bare, 0.5)]
  return [
    row('G4', `listening (a bare Node: ${ms(node)})`, ms(own), '<= 250 ms', own <= 250),
    row('G4', 'files of it that a run of hits loads', String(ofDash.length), '0', ofDash.length === 0),
  ]
}

const many = (count, groups) =>
  Array.from({ length: count }, (_, at) => `group${String(at % groups).padStart(3, '0')}/${Math.floor(at / groups)}`)
const done = (steps) => steps.map((stage) => ({ event: 'stage_skipped', stage, because: 'cached', saved_ms: 5 }))

/** G5, G6: jobs of a thousand and of ten thousand steps. */
export async function largeJobs({ browser, cli, dash, dir }) {
  for (const [name, count] of [
    ['thousand', 1000],
    ['ten', 10_000],
  ]) {
    cli('run', 'saying', '--job', name)
    const steps = many(count, Math.min(200, count / 10))
    tellRun(join(dir, name), steps, done(steps))
  }
  const { address } = await dash()
  const page = await openPage(browser, address, '#/')
  const empty = await shownAfter(page, '.job-link')
  await page.evaluate((to) => (location.hash = to), `#/job/${idOf(join(dir, 'thousand'))}/steps`)
  const thousand = await shownAfter(page, '.step-row')
  const ten = `#/job/${idOf(join(dir, 'ten'))}`
  await page.evaluate((to) => (location.hash = to), `${ten}/graph`)
  await page.locator('.box').first().waitFor()
  // The answer is there: what is timed is the layout and the drawing.
  const graph = await page.evaluate(async (to) => {
    const times = []
    for (let round = 0; round < 5; round++) {
      location.hash = `${to}/steps`
      await new Promise((resolve) => setTimeout(resolve, 300))
      const began = performance.now()
      location.hash = `${to}/graph`
      await new Promise((resolve) => {
        const look = () => (document.querySelector('.box') === null ? requestAnimationFrame(look) : resolve())
        look()
      })
      document.querySelector('.box').getBoundingClientRect()
      times.push(performance.now() - began)
    }
    return times
  }, ten)
  const frames = (selector, by) =>
    page.evaluate(
      async ([of, step]) => {
        const element = document.querySelector(of)
        const times = []
        let last = await new Promise(requestAnimationFrame)
        for (let frame = 0; frame < 150; frame++) {
          element.scrollTop += step
          element.scrollLeft += step / 4
          const now = await new Promise(requestAnimationFrame)
          times.push(now - last)
          last = now
        }
        return times
      },
      [selector, by],
    )
  const pan = await frames('.graph', 20)
  await page.keyboard.press('s')
  await page.locator('.step-row').first().waitFor()
  const scroll = await frames('.steps-scroll', 400)
  const filtered = await page.evaluate(async () => {
    const search = document.querySelector('input[type=search]')
    const began = performance.now()
    search.value = 'group00'
    search.dispatchEvent(new Event('input', { bubbles: true }))
    await new Promise(requestAnimationFrame)
    await new Promise(requestAnimationFrame)
    return performance.now() - began
  })
  const session = await page.context().newCDPSession(page)
  await session.send('HeapProfiler.collectGarbage')
  const { usedSize } = await session.send('Runtime.getHeapUsage')
  await page.context().close()
  const drawn = percentile(graph, 0.5)
  return [
    row(
      'G5',
      'first steps of 1,000 / a list of two jobs',
      `${(thousand / empty).toFixed(2)} (${ms(thousand)})`,
      '<= 1.5',
      thousand <= 1.5 * empty,
    ),
    row('G5', 'against dagster-webserver and prefect', 'not measured', '<= 0.25'),
    row('G6', '10,000 steps in 200 groups: graph, after data', ms(drawn), '<= 200 ms', drawn <= 200),
    row('G6', 'pan of the graph, p95 of a frame', ms(percentile(pan, 0.95)), '<= 33 ms', percentile(pan, 0.95) <= 33.5),
    row(
      'G6',
      'scroll of the table, p95 of a frame',
      ms(percentile(scroll, 0.95)),
      '<= 20 ms',
      percentile(scroll, 0.95) <= 20,
    ),
    row('G6', 'filter of 10,000 steps', ms(filtered), '<= 100 ms', filtered <= 100),
    row('G6', 'heap', `${(usedSize / 1e6).toFixed(1)} MB`, '<= 80 MB', usedSize <= 80e6),
  ]
}

/** G7: from an event that another process writes to the screen. */
export async function latency({ browser, cli, dash, dir, start, processes }, isLong) {
  const gate = createServer(() => {})
  await new Promise((resolve) => gate.listen(join(dir, 'gate'), resolve))
  cli('run', 'saying', '--job', 'live')
  const runner = start('run', '--job', 'live', '-p', `waits=${join(dir, 'gate')}`, '-p', 'text=x')
  processes.push(runner)
  const { address } = await dash()
  const id = idOf(join(dir, 'live'))
  const page = await openPage(browser, address, `#/job/${id}/steps`)
  await page.locator('h1 .running').waitFor({ timeout: 60_000 })
  const log = join(dir, 'live', 'events.jsonl')
  const last = JSON.parse(
    readFileSync(log, 'utf8')
      .trim()
      .split('\n')
      .findLast((line) => line.includes('stage_running') && line.includes('say/b')),
  )
  await page.evaluate(() => {
    window.late = []
    new MutationObserver(() => {
      const text = document.querySelector('.steps-list')?.textContent ?? ''
      for (const [, sent] of text.matchAll(/sent(\d{13})/g)) window.late.push(Date.now() - Number(sent))
    }).observe(document.body, { subtree: true, childList: true, characterData: true })
  })
  const load = async (perSecond, seconds) => {
    await page.evaluate(() => (window.late = []))
    await new Promise((resolve) => {
      const began = performance.now()
      let told = 0
      const timer = setInterval(() => {
        const due = Math.floor(((performance.now() - began) / 1000) * perSecond)
        let text = ''
        for (; told < due; told++)
          text += `${JSON.stringify({ ...last, event: 'stage_progress', fraction: (told % 1000) / 1000, note: `sent${Date.now()}` })}\n`
        if (text !== '') appendFileSync(log, text)
        if (told < perSecond * seconds) return
        clearInterval(timer)
        resolve()
      }, 5)
    })
    await page.waitForTimeout(600)
    return page.evaluate(() => window.late)
  }
  const slow = await load(200, isLong ? 30 : 5)
  const seconds = isLong ? 60 : 5
  const fast = await load(1000, seconds)
  const click = await page.evaluate(async () => {
    const began = performance.now()
    ;[...document.querySelectorAll('button')].find(({ textContent }) => textContent === 'Cancel the run').click()
    while (!document.body.textContent.includes('Stopping')) await new Promise(requestAnimationFrame)
    const said = performance.now() - began
    while (document.querySelector('h1 .stopped') === null) await new Promise(requestAnimationFrame)
    return [said, performance.now() - began]
  })
  gate.close()
  await page.context().close()
  const end = fast.slice(-20)
  return [
    row(
      'G7',
      '200 events/s, p95 to the screen',
      ms(percentile(slow, 0.95)),
      '<= 100 ms',
      percentile(slow, 0.95) <= 100,
    ),
    row('G7', '200 events/s, p99', ms(percentile(slow, 0.99)), '<= 250 ms', percentile(slow, 0.99) <= 250),
    row(
      'G7',
      `1,000 events/s for ${seconds} s, the last 20 changes, p95`,
      ms(percentile(end, 0.95)),
      'not behind',
      percentile(end, 0.95) <= 500,
    ),
    row('G15', 'Cancel: "Stopping" is said', ms(click[0]), '<= 100 ms', click[0] <= 100),
    row('G15', 'Cancel: shown as ended', ms(click[1]), '<= grace + 1 s', click[1] <= 6000),
  ]
}

/** G8: a log of a million lines. */
export async function longLog({ browser, cli, dash, dir }) {
  cli('run', 'saying', '--job', 'logs')
  const stepDir = readdirSync(join(dir, 'logs')).find((name) => /_first$/.test(name))
  const log = join(dir, 'logs', stepDir, 'stage.log')
  writeFileSync(log, '')
  const part = (from) =>
    Array.from(
      { length: 10_000 },
      (_, at) => `line ${String(from + at).padStart(7)} ${'of a program that says much '.repeat(4)}`,
    ).join('\n')
  for (let from = 0; from < 1_000_000; from += 10_000) appendFileSync(log, `${part(from)}\n`)
  const { address } = await dash()
  const page = await openPage(browser, address, `#/job/${idOf(join(dir, 'logs'))}/steps/first`)
  await page.getByRole('tab', { name: 'log' }).waitFor()
  const opened = await page.evaluate(async () => {
    const began = performance.now()
    ;[...document.querySelectorAll('[role=tab]')].find(({ textContent }) => textContent.startsWith('log')).click()
    while (!/line +999999 /.test(document.querySelector('.log-lines')?.textContent ?? ''))
      await new Promise(requestAnimationFrame)
    return performance.now() - began
  })
  const asked = await page.evaluate(
    async (job) => {
      const times = []
      for (let round = 0; round < 50; round++) {
        const began = performance.now()
        await (await fetch(`api/log?job=${job}&step=first&from=${Math.floor(Math.random() * 999_000)}&count=60`)).text()
        times.push(performance.now() - began)
      }
      const began = performance.now()
      const found = await (await fetch(`api/log-search?job=${job}&step=first&text=%20999998`)).json()
      return { times, search: performance.now() - began, count: found.count }
    },
    idOf(join(dir, 'logs')),
  )
  const session = await page.context().newCDPSession(page)
  await session.send('HeapProfiler.collectGarbage')
  const { usedSize } = await session.send('Runtime.getHeapUsage')
  await page.context().close()
  return [
    row(
      'G8',
      `${Math.round(statSync(log).size / 1e6)} MB, 1,000,000 lines: the end is shown`,
      ms(opened),
      '<= 300 ms',
      opened <= 300,
    ),
    row('G8', 'any 60 lines, p95', ms(percentile(asked.times, 0.95)), '<= 50 ms', percentile(asked.times, 0.95) <= 50),
    row('G8', `search of all (${asked.count} found)`, ms(asked.search), '<= 500 ms', asked.search <= 500),
    row('G8', 'heap of the page', `${(usedSize / 1e6).toFixed(1)} MB`, '<= 60 MB', usedSize <= 60e6),
  ]
}

/** G10: two hours of sound, and 1,500 cues on it. */
export async function waveform({ browser, cli, dash, dir }) {
  const sound = join(dir, 'long.wav')
  const tone = 'aevalsrc=0.4*sin(600*t)*(0.5+0.5*sin(t)):d=7200:s=16000'
  execFileSync('ffmpeg', ['-v', 'error', '-nostdin', '-f', 'lavfi', '-i', tone, '-ac', '1', sound])
  const time = (at) => new Date(at * 1000).toISOString().slice(11, 23)
  const cues = Array.from(
    { length: 1500 },
    (_, at) => `${time(at * 4.8)} --> ${time(at * 4.8 + 3)}\nwords of cue ${at}\n`,
  )
  writeFileSync(join(dir, 'en.vtt'), `WEBVTT\n\n${cues.join('\n')}`)
  cli('run', 'copying', '-p', `from=${sound},${join(dir, 'en.vtt')}`, '--job', 'sound')
  const { address } = await dash()
  const page = await openPage(browser, address, `#/job/${idOf(join(dir, 'sound'))}/outputs`)
  const answer = page.waitForResponse(
    (response) => response.url().endsWith('api/peaks') && response.request().postData().includes('true'),
  )
  await page.getByRole('button', { name: 'Draw the waveform' }).click()
  const began = performance.now()
  const { peaks } = await (await answer).json()
  const measured = performance.now() - began
  await page.locator('.wave canvas').waitFor()
  await page.getByRole('button', { name: 'all', exact: true }).click()
  const frames = await page.evaluate(async () => {
    const player = document.querySelector('video')
    const canvas = document.querySelector('.wave canvas')
    const times = []
    const real = window.requestAnimationFrame.bind(window)
    for (let round = 0; round < 60; round++) {
      const drawn = new Promise((resolve) => {
        window.requestAnimationFrame = (call) =>
          real((now) => {
            const from = performance.now()
            call(now)
            resolve(performance.now() - from)
          })
      })
      player.dispatchEvent(new Event('timeupdate'))
      times.push(await drawn)
    }
    window.requestAnimationFrame = real
    return [times, canvas.width]
  })
  const seek = await page.evaluate(async () => {
    const player = document.querySelector('video')
    const times = []
    for (const to of [3600, 60, 7000, 1234, 5000]) {
      const began = performance.now()
      await new Promise((resolve) => {
        player.addEventListener('seeked', resolve, { once: true })
        player.currentTime = to
      })
      times.push(performance.now() - began)
    }
    return times
  })
  await page.context().close()
  const bytes = Buffer.from(peaks, 'base64').length
  return [
    row('G10', 'peaks of two hours, once a digest', `${(measured / 1000).toFixed(1)} s`, '<= 10 s', measured <= 10_000),
    row('G10', 'what is kept of them', kB(bytes), '<= 750 kB', bytes <= 750_000),
    row(
      'G10',
      '1,500 cues on two hours, p95 of a frame',
      `${percentile(frames[0], 0.95).toFixed(1)} ms`,
      '<= 8 ms',
      percentile(frames[0], 0.95) <= 8,
    ),
    row('G10', 'seek, p95', ms(percentile(seek, 0.95)), '<= 150 ms', percentile(seek, 0.95) <= 150),
  ]
}

/** G11: the report of ten thousand steps. */
export async function report({ browser, cli, dir }) {
  cli('run', 'saying', '--job', 'reported')
  const steps = many(10_000, 200)
  tellRun(join(dir, 'reported'), steps, done(steps))
  cli('report', 'reported')
  const path = join(dir, 'reported', 'report.html')
  const context = await browser.newContext({ javaScriptEnabled: true, offline: true })
  const page = await context.newPage()
  const asked = []
  page.on('request', (request) => asked.push(request.url()))
  const times = []
  for (let round = 0; round < 3; round++) {
    await page.goto(pathToFileURL(path).href)
    times.push(await page.evaluate(() => performance.getEntriesByType('paint').at(-1)?.startTime ?? Number.NaN))
  }
  const plain = await browser.newContext({ javaScriptEnabled: false })
  const reader = await plain.newPage()
  await reader.goto(pathToFileURL(path).href)
  const rows = await reader.locator('tr').count()
  await context.close()
  await plain.close()
  const other = asked.filter((url) => !url.startsWith('file:') && !url.startsWith('data:'))
  const { size } = statSync(path)
  const shown = percentile(times, 0.5)
  return [
    row('G11', 'report of 10,000 steps', `${(size / 1e6).toFixed(2)} MB`, '<= 1.5 MB', size <= 1.5e6),
    row('G11', 'shown from a file', ms(shown), '<= 500 ms', shown <= 500),
    row(
      'G11',
      'requests; rows without JavaScript',
      `${other.length}; ${rows}`,
      '0; all',
      other.length === 0 && rows > 200,
    ),
  ]
}
