import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { z } from 'zod'
import { Commands } from '../../src/dash/actions/commands.ts'
import { orderOf, wordsOf } from '../../src/dash/actions/order.ts'
import { jobId } from '../../src/dash/jobs/job-rows.ts'
import { runCommand } from '../rig/command.ts'
import { createGate, gatedConfig } from '../rig/gate.ts'
import { temporaryDirectory } from '../rig/workbench.ts'
import { newPage, openAddress, useBrowser } from './browser.ts'
import { openDashBench } from './dash-bench.ts'

useBrowser()

/** A folder with a config, an input and a job that has run, and a page that shows the job. */
async function bench(root?: string) {
  const dir = temporaryDirectory()
  writeFileSync(join(dir, 'reprise.config.ts'), gatedConfig)
  writeFileSync(join(dir, 'in.txt'), 'hello')
  const store = join(dir, 'store')
  const run = (...args: readonly string[]) => runCommand([...args, '--store', store], { cwd: dir })
  const first = await run('run', 'gated', 'in.txt', '--job', 'job')
  expect([first.exitCode, first.stderr]).toEqual([0, expect.any(String)])
  const dash = await openDashBench(store, root ?? dir)
  const page = await newPage({ viewport: { width: 1280, height: 900 } })
  await openAddress(page, dash.dash.address())
  const open = (hash: string) => page.evaluate(`location.hash = ${JSON.stringify(hash)}`)
  const job = jobId(join(dir, 'job'))
  return { dir, dash, page, open, job, run }
}

it('changes a param: it says what that computes and what is reused, and runs it as the command beside it would', async () => {
  const { dir, page, open, job, run, dash } = await bench()
  await open(`#/job/${job}/graph`)
  await page.getByRole('button', { name: 'Change params' }).click()
  const gate = await createGate(join(dir, 'gate'))
  await page.getByLabel('gate').fill(gate.path)
  const cost = page.locator('.cost')
  await cost.waitFor()
  expect(await cost.textContent()).toMatch(/^Computes 1 to 2 steps, .*; 1 step reused, which saves/)
  expect(await page.locator('.plan code').textContent()).toBe(
    `reprise run --job ${join(dir, 'job')} -p gate=${gate.path}`,
  )
  // The times that are known stand behind.
  const would = (await page.locator('.box .would').allTextContents()).map((text) => text.replace(/ \d.*/, ''))
  expect(would).toEqual(['reused', 'would run', 'may run'])
  await page.getByRole('button', { name: 'Run with these params' }).click()
  const arrival = await gate.arrival()
  await page.locator('h1 .running').waitFor()
  await page.getByRole('button', { name: 'Cancel the run' }).click()
  await page.getByRole('button', { name: 'Stopping' }).waitFor()
  await arrival.gone
  await page.locator('h1 .stopped').waitFor()
  const shown = await run('jobs', 'show', 'job', '--json')
  expect(z.object({ state: z.string() }).parse(JSON.parse(shown.stdout)).state).toBe('cancelled')
  await page.getByRole('button', { name: 'Go on' }).click()
  await page.locator('.cost').waitFor()
  await page.locator('.plan').getByRole('button', { name: 'Go on' }).click()
  ;(await gate.arrival()).open()
  await page.locator('h1 .done').waitFor()
  expect(dash.bugs).toEqual([])
})

it('makes another take of a step, and keeps the first', async () => {
  const { page, open, job } = await bench()
  await open(`#/job/${job}/steps/first`)
  const drawer = page.getByRole('complementary')
  await drawer.getByRole('button', { name: 'Another take' }).click()
  await drawer.locator('.cost').waitFor()
  expect(await drawer.locator('.plan code').textContent()).toContain('--reroll first')
  await drawer.getByRole('button', { name: 'Make another take' }).click()
  await drawer.getByRole('tab', { name: 'takes' }).click()
  await drawer.getByRole('cell', { name: '2 used' }).waitFor()
  expect(await drawer.locator('tbody tr').count()).toBe(2)
})

it('starts a job from a form that is made of the schema of its pipeline', async () => {
  const { dir, page, open, run } = await bench()
  await open('#/new')
  await page.getByLabel('Pipeline').selectOption('gated')
  await page.locator('#input-text').fill('in.txt')
  await page.locator('.cost').waitFor()
  expect(await page.locator('.cost').textContent()).toMatch(/^Computes nothing: 3 steps reused/)
  await page.getByRole('button', { name: 'Start the job' }).click()
  await page.getByRole('heading', { name: 'gated-in' }).waitFor()
  await page.locator('h1 .done').waitFor()
  const listed = await run('jobs', 'list', '--json')
  expect(listed.stdout).toContain(join(dir, 'gated-in'))
})

it('runs no code of a config elsewhere before a person says so', async () => {
  const { page, open, job } = await bench(temporaryDirectory())
  await open(`#/job/${job}`)
  await page.getByRole('button', { name: 'Run again' }).click()
  await page.getByText('its code has to run').waitFor()
  expect(await page.locator('.cost').count()).toBe(0)
  await page.getByRole('button', { name: 'I know this code' }).click()
  await page.locator('.cost').waitFor()
  expect(await page.locator('.cost').textContent()).toMatch(/^Computes nothing/)
})

it('shows what takes the space, and removes it when that was seen', async () => {
  const { page, open, run } = await bench()
  await open('#/cache')
  await page.getByRole('button', { name: 'gated' }).waitFor()
  await page.getByRole('slider').fill('0')
  await page.getByRole('button', { name: 'Show what would go' }).click()
  await page.getByText(/Removes 2 results/).waitFor()
  expect((await run('cache', 'stats', '--json')).stdout).toContain('"actions":2')
  await page.getByRole('button', { name: 'Remove them' }).click()
  await expect.poll(() => page.locator('.tile b').nth(1).textContent()).toBe('0')
  expect((await run('cache', 'stats', '--json')).stdout).toContain('"actions":0')
})

it('takes no order that would be another command', async () => {
  const orders = [
    { kind: 'resume', job: 'x', force: true },
    { kind: 'reroll', job: 'x', step: '--config=/evil.ts' },
    { kind: 'start', pipeline: '--help', inputs: {}, params: {} },
    { kind: 'start', pipeline: 'gated', inputs: { '--config': ['x'] }, params: {} },
    { kind: 'params', job: 'x', params: { 'a=b': 'c' } },
    { kind: 'params', job: 'x', params: { a: 'b\0c' } },
    { kind: 'cache' },
    [],
    'resume',
  ]
  for (const order of orders) expect([order, orderOf(order).ok]).toEqual([order, false])
  const params = orderOf({ kind: 'params', job: 'x', params: { to: '--config=/evil.ts; rm -rf $(pwd)' } })
  expect(params.ok && wordsOf(params.value, './job')).toEqual([
    'run',
    '--job',
    './job',
    '-p',
    'to=--config=/evil.ts; rm -rf $(pwd)',
  ])
  const { dir, dash, job } = await bench()
  mkdirSync(join(dir, 'other'))
  const visit = await dash.enter()
  const plan = (order: unknown) =>
    dash.as(visit, { method: 'POST', path: '/api/plan', body: JSON.stringify({ order }) })
  expect((await plan({ kind: 'rerun', job, step: 'no-such' })).status).toBe(404)
  expect((await plan({ kind: 'resume', job: jobId(join(dir, 'other')) })).status).toBe(404)
  expect((await plan({ kind: 'resume', job })).status).toBe(200)
})

it('answers more questions at once than it runs commands', async () => {
  const dir = temporaryDirectory()
  const commands = new Commands({ program: [process.execPath], cwd: dir, env: process.env, storeDir: dir })
  const { signal } = new AbortController()
  const answers = await Promise.all(
    Array.from({ length: 8 }, (_, index) => commands.output(['-p', `${index}`], signal)),
  )
  expect(answers).toEqual(answers.map((_, index) => ({ ok: true, value: `${index}\n` })))
  await commands.close()
})

it('gives the place of a question that nobody waits for any more to another one', async () => {
  const dir = temporaryDirectory()
  const commands = new Commands({ program: ['/bin/sh'], cwd: dir, env: process.env, storeDir: dir })
  const asking = new AbortController()
  const ask = (script: string, { signal }: AbortController) => commands.output(['-c', script], signal)
  const running = [0, 1, 2].map((index) =>
    ask(`: > '${join(dir, `begun-${index}`)}'; sleep 1000`, new AbortController()),
  )
  await expect.poll(() => [0, 1, 2].every((index) => existsSync(join(dir, `begun-${index}`)))).toBe(true)
  const waiting = Array.from({ length: 24 }, () => ask('echo never', asking))
  const refused = { ok: false, error: 'other questions are still being answered; try again' }
  expect(await ask('echo one too many', new AbortController())).toEqual(refused)
  asking.abort()
  const unwanted = { ok: false, error: 'nobody waits for the answer any more' }
  expect(await Promise.all(waiting)).toEqual(waiting.map(() => unwanted))
  const next = ask('echo now', new AbortController())
  await commands.close()
  expect(await next).toEqual(unwanted)
  expect((await Promise.all(running)).map(({ ok }) => ok)).toEqual([false, false, false])
})

it('runs no command that waits for others when it is closed', async () => {
  const dir = temporaryDirectory()
  const commands = new Commands({ program: ['/bin/sh'], cwd: dir, env: process.env, storeDir: dir })
  const { signal } = new AbortController()
  const begun = (index: number) => join(dir, `begun-${index}`)
  const answers = Array.from({ length: 4 }, (_, index) =>
    commands.output(['-c', `: > '${begun(index)}'; sleep 1000`], signal),
  )
  await expect.poll(() => [0, 1, 2, 3].map((index) => existsSync(begun(index)))).toEqual([true, true, true, false])
  await commands.close()
  expect((await Promise.all(answers)).map(({ ok }) => ok)).toEqual([false, false, false, false])
  expect(existsSync(begun(3))).toBe(false)
})
