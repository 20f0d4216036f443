import { appendFileSync, readFileSync, writeFileSync } from 'node:fs'
import { get, type IncomingMessage } from 'node:http'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { z } from 'zod'
import { definePipeline, defineStage } from '../../../src/core/index.ts'
import { jobId } from '../../../src/dash/jobs/job-rows.ts'
import { startCommand } from '../../rig/command.ts'
import { createGate, gatedConfig } from '../../rig/gate.ts'
import { createWorkbench, temporaryDirectory } from '../../rig/workbench.ts'
import { newPage, openAddress, useBrowser } from '../browser.ts'
import { type DashBench, openDashBench, type Visit } from '../dash-bench.ts'

useBrowser()

// A minute of it is asked for by the environment.
const seconds = Number(process.env.REPRISE_LOAD_SECONDS ?? 3)
const perSecond = 1000
const steps = Array.from({ length: 200 }, (_, index) => `say/${index}`)

/** A run that goes on until it is let go, and a way to say what a runner would. */
async function longRun() {
  const of = await createWorkbench()
  let release = () => {}
  const held = new Promise<void>((resolve) => {
    release = resolve
  })
  const hold = defineStage({
    name: 'hold',
    version: 1,
    inputs: {},
    params: z.object({}),
    outputs: { text: 'text.txt' },
    async run({ outputs }) {
      await held
      writeFileSync(outputs.text, 'x')
    },
  })
  const holding = definePipeline({
    name: 'holding',
    inputs: {},
    params: z.object({}),
    build: ({ step }) => ({ text: step(hold, {}).text }),
  })
  const running = of.run(holding)
  const log = join(of.jobDir, 'events.jsonl')
  const ready = () => readFileSync(log, 'utf8').includes('stage_running')
  await expect.poll(() => ready()).toBe(true)
  const base = z.record(z.string(), z.unknown()).parse(JSON.parse(readFileSync(log, 'utf8').split('\n')[0] ?? ''))
  const { pipeline: _, device: __, steps: ___, needs: ____, ...common } = base
  const tell = (events: readonly object[]) =>
    appendFileSync(
      log,
      events.map((event) => `${JSON.stringify({ ...common, ts: new Date().toISOString(), ...event })}\n`).join(''),
    )
  const end = () => {
    release()
    return running
  }
  return { ...of, tell, base, end }
}

/** Calls `tell` with so many events a second until the time is over; what cannot be told in time is told late. */
function loadFor(totalSeconds: number, tell: (from: number, to: number) => void): Promise<void> {
  return new Promise((resolve) => {
    const began = performance.now()
    let told = 0
    const timer = setInterval(() => {
      const due = Math.min(totalSeconds * perSecond, Math.floor(((performance.now() - began) / 1000) * perSecond))
      tell(told, due)
      told = due
      if (due < totalSeconds * perSecond) return
      clearInterval(timer)
      resolve()
    }, 10)
  })
}

it('shows where a run is that tells a thousand events a second, and all that it told at the end', async () => {
  const { tell, base, end, jobDir, store, dir } = await longRun()
  tell([{ ...base, steps: ['hold', ...steps] }])
  const dash = await openDashBench(store.dir, dir)
  const page = await newPage()
  await openAddress(page, dash.dash.address())
  await page.evaluate(`location.hash = '#/job/${jobId(jobDir)}/steps'`)
  await page.getByText('0 of 201 steps').waitFor()
  await loadFor(seconds, (from, to) =>
    tell(
      Array.from({ length: to - from }, (_, at) => {
        const number = from + at
        const stage = steps[number % steps.length]
        return {
          event: 'stage_progress',
          stage,
          fraction: Math.min(1, number / (seconds * perSecond)),
          note: `${number}`,
        }
      }),
    ),
  )
  tell(steps.map((stage) => ({ event: 'stage_skipped', stage, because: 'cached', saved_ms: 5 })))
  await page.getByText('200 of 201 steps').waitFor()
  await end()
  await page.locator('h1 .done').waitFor()
  expect(dash.bugs).toEqual([])
}, 150_000)

interface Listening {
  readonly ids: readonly string[]
  readonly rows: ReadonlySet<string>
  close(): void
}

/** Listens to the stream as a browser does that comes back with the last id that it saw. */
function listen({ port }: DashBench, { path, cookie }: Visit, lastId = ''): Promise<Listening> {
  return new Promise((resolve, reject) => {
    const headers = { cookie, 'sec-fetch-site': 'same-origin', ...(lastId === '' ? {} : { 'last-event-id': lastId }) }
    const asked = get({ host: '127.0.0.1', port, path: `${path}api/stream`, headers }, (answer: IncomingMessage) => {
      const ids: string[] = []
      const rows = new Set<string>()
      let text = ''
      answer.setEncoding('utf8')
      answer.on('data', (piece: string) => {
        text += piece
        const parts = text.split('\n\n')
        text = parts.pop() ?? ''
        for (const part of parts) {
          const [, id] = /^id: (.*)$/m.exec(part) ?? []
          const [, data] = /^data: (.*)$/m.exec(part) ?? []
          if (id !== undefined) ids.push(id)
          if (data === undefined) continue
          const message: unknown = JSON.parse(data)
          const told = z
            .object({ kind: z.literal('job'), steps: z.array(z.object({ id: z.string() })) })
            .safeParse(message)
          if (told.success) for (const { id: step } of told.data.steps) rows.add(step)
        }
      })
      answer.on('error', () => {})
      resolve({ ids, rows, close: () => asked.destroy() })
    })
    asked.once('error', reject)
  })
}

it('loses and doubles nothing for who was away and comes back', async () => {
  const { tell, base, end, store, dir } = await longRun()
  tell([{ ...base, steps: ['hold', ...steps] }])
  const dash = await openDashBench(store.dir, dir)
  const visit = await dash.enter()
  await dash.as(visit, { path: '/api/jobs' })
  const skipped = (from: number, to: number) =>
    tell(steps.slice(from, to).map((stage) => ({ event: 'stage_skipped', stage, because: 'cached', saved_ms: 5 })))
  const first = await listen(dash, visit)
  skipped(0, 100)
  await expect.poll(() => first.rows.size).toBe(100)
  first.close()
  skipped(100, 150)
  const watcher = await listen(dash, visit, first.ids.at(-1))
  skipped(150, 200)
  await expect.poll(() => new Set([...first.rows, ...watcher.rows]).size).toBe(200)
  const all = [...first.ids, ...watcher.ids]
  const numbers = all.map((id) => Number(id.split('-')[1]))
  const start = numbers[0] ?? 0
  expect(numbers).toEqual(numbers.map((_, at) => start + at))
  watcher.close()
  await end()
  expect(dash.bugs).toEqual([])
})

it('says that a run was interrupted when it is killed, and goes on with it', async () => {
  const dir = temporaryDirectory()
  writeFileSync(join(dir, 'reprise.config.ts'), gatedConfig)
  writeFileSync(join(dir, 'in.txt'), 'hello')
  const gate = await createGate(join(dir, 'gate'))
  const store = join(dir, 'store')
  const command = ['run', 'gated', 'in.txt', '-p', `gate=${gate.path}`, '--job', 'job', '--store', store]
  const running = startCommand(command, { cwd: dir })
  const arrival = await gate.arrival()
  const dash = await openDashBench(store, dir)
  const page = await newPage()
  await openAddress(page, dash.dash.address())
  await page.evaluate(`location.hash = '#/job/${jobId(join(dir, 'job'))}'`)
  await page.locator('h1 .running').waitFor()
  running.child.kill('SIGKILL')
  await arrival.gone
  await page.locator('h1').getByText('interrupted').waitFor()
  await page.getByRole('button', { name: 'Go on' }).click()
  await page.locator('.plan').getByRole('button', { name: 'Go on' }).click()
  ;(await gate.arrival()).open()
  await page.locator('h1 .done').waitFor()
  expect(dash.bugs).toEqual([])
})
