import { execFile } from 'node:child_process'
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import type { Event } from '../../../src/core/index.ts'
import { commandPath, eventsOf, type RunningCommand, runCommand, startCommand } from '../../rig/command.ts'
import { artifactsBelow } from '../../rig/file-tree.ts'
import { startRedis } from '../../rig/redis-server.ts'
import { temporaryDirectory } from '../../rig/workbench.ts'

const config = `
  import { existsSync, writeFileSync, watch } from 'node:fs'
  import { defineConfig, definePipeline, defineStage, defineTool } from 'reprise'
  import { z } from 'zod'
  const sh = defineTool({
    name: 'sh', command: 'sh', install: { debian: 'dash' },
    version: { args: ['-c', 'echo 1'], parse: (printed) => printed.trim() },
  })
  /** Ends when the file 'go' is there. */
  const wait = defineStage({
    name: 'wait', version: 1, inputs: {}, params: z.object({ dir: z.string() }), outputs: { text: 'text.txt' }, tools: [sh],
    async run({ params, outputs, exec, progress }) {
      progress(0.5, String(process.pid))
      await exec(sh, ['-c', 'while [ ! -e "$1/go" ]; do sleep 0.05; done; echo done > "$2"', 'sh', params.dir, outputs.text])
    },
  })
  const shout = defineStage({
    name: 'shout', version: 1, inputs: { text: 'file' }, params: z.object({ word: z.string() }), outputs: { loud: 'loud.txt' },
    async run({ inputs, params, outputs }) {
      writeFileSync(outputs.loud, params.word)
    },
  })
  export default defineConfig({
    pipelines: [
      definePipeline({
        name: 'waits', inputs: {}, params: z.object({ dir: z.string() }),
        build: ({ step, params }) => step(wait, {}, { params }),
      }),
      definePipeline({
        name: 'words', inputs: { text: 'file' }, params: z.object({ words: z.array(z.string()).default(['a', 'b', 'c']) }),
        build: ({ step, each, inputs, params }) => each(params.words, (word) => step(shout, { text: inputs.text }, { params: { word } })),
      }),
    ],
    workers: { cpu: { orders: process.env.TEST_ORDERS ?? './orders', only: process.env.TEST_ONLY === 'yes' } },
    remote: { url: './team' },
  })
`

/** A folder with pipelines whose steps workers execute, a key, and a team's cache. */
async function place(env: Readonly<Record<string, string>> = {}) {
  const dir = temporaryDirectory()
  const path = (...names: string[]) => join(dir, ...names)
  writeFileSync(path('reprise.config.ts'), config)
  writeFileSync(path('in.txt'), 'hello')
  mkdirSync(path('team'))
  mkdirSync(path('orders'))
  const options = { cwd: dir, env: { REPRISE_STORE: './store', XDG_CONFIG_HOME: './config', NO_COLOR: '1', ...env } }
  const withEnv = (more: Readonly<Record<string, string>>) => ({ ...options, env: { ...options.env, ...more } })
  const run = (line: string, more = {}) => runCommand(line.split(' '), withEnv(more))
  const start = (line: string, more = {}) => startCommand(line.split(' '), withEnv(more))
  const keygen = async (more = {}) => /ed25519:\S+/.exec((await run('remote keygen', more)).stdout)?.[0] ?? ''
  const ownKey = await keygen()
  const worker = async (
    name: string,
    line = '',
    more = {},
  ): Promise<RunningCommand & { says(text: string): Promise<void> }> => {
    const started = start(`worker --pool cpu --name ${name} --store ./store-${name}${line}`, more)
    const says = saying(started)
    onTestFinished(async () => {
      // The second gives back what it has.
      for (const signal of ['SIGTERM', 'SIGINT'] as const) started.child.kill(signal)
      await started.ended
    })
    await says('takes orders')
    return { ...started, says }
  }
  return { dir, path, run, start, worker, keygen, ownKey }
}

/** Returns what waits for a text on standard error. */
function saying({ child, ended }: RunningCommand): (text: string) => Promise<void> {
  let said = ''
  const waiting = new Set<() => void>()
  child.stderr?.on('data', (bytes: Buffer) => {
    said += bytes.toString()
    for (const look of waiting) look()
  })
  return (text) =>
    new Promise((resolve, reject) => {
      const look = () => {
        if (!said.includes(text)) return
        waiting.delete(look)
        resolve()
      }
      waiting.add(look)
      look()
      void ended.then(() => reject(new Error(`it ended without '${text}': ${said}`)))
    })
}

/** Returns the command lines of what a process has started. */
function commandsBelow(pid: number): readonly string[] {
  return readdirSync(`/proc/${pid}/task`).flatMap((task) => {
    const pids = readFileSync(`/proc/${pid}/task/${task}/children`, 'utf8').split(' ').filter(Boolean)
    return pids.map((child) => readFileSync(`/proc/${child}/cmdline`, 'utf8'))
  })
}

const isOf = (name: Event['event']) => (line: string) => line.includes(`"event":"${name}"`)

describe.each(['a folder', 'a Redis server'])('workers on the command line, with orders in %s', (where) => {
  async function opened(env: Readonly<Record<string, string>> = {}) {
    if (where === 'a folder') return place(env)
    const dir = temporaryDirectory()
    return place({ TEST_ORDERS: (await startRedis(dir)).url, ...env })
  }

  it('execute the steps of a run, which has the keys and the bytes of a local one', async () => {
    const { run, worker, path } = await opened()
    await worker('first', ' --slots 2')
    await worker('second')
    const listed = await run('workers')
    expect(listed.stdout).toMatch(/cpu +first-\w{6} +2 +cpu/)
    expect(listed.stdout).toMatch(/cpu +second-\w{6} +1 +cpu .* nothing/)
    const there = await run('run words in.txt --job there --json')
    const events = eventsOf(there.stdout)
    const placed = events.flatMap((event) => (event.event === 'stage_placed' ? [event.stage] : []))
    expect(placed.sort()).toEqual(['shout/a', 'shout/b', 'shout/c'])
    const sent = events.find(({ event }) => event === 'pipeline_completed')
    expect(sent).toMatchObject({ executed: 3 })
    const here = await run('run words in.txt --job here --store ./alone --no-remote --no-workers --json')
    expect(eventsOf(here.stdout).filter(({ event }) => event === 'stage_placed')).toEqual([])
    const keys = (text: string) =>
      eventsOf(text).flatMap((event) => (event.event === 'stage_completed' ? [event.key] : []))
    expect(keys(there.stdout).sort()).toEqual(keys(here.stdout).sort())
    expect(artifactsBelow(path('there'))).toEqual(artifactsBelow(path('here')))
  })

  it('go on when the run is killed; the run that comes back finds its order, and nothing is executed twice', async () => {
    const { dir, path, start, run, worker } = await opened()
    const { says, child, ended } = await worker('first')
    const killed = start(`run waits --job job -p dir=${dir} --json`)
    await killed.line(isOf('stage_progress'))
    killed.child.kill('SIGKILL')
    await killed.ended
    const back = start('run --job job --json')
    await back.line(isOf('stage_placed'))
    writeFileSync(path('go'), '')
    const { stdout, exitCode } = await back.ended
    expect(exitCode).toBe(0)
    expect(eventsOf(stdout).filter(({ event }) => event === 'stage_lost')).toEqual([])
    await says('wait: executed')
    child.kill('SIGTERM')
    expect((await ended).stderr.match(/: taken/g)).toHaveLength(1)
    expect((await run('status job')).stdout).toMatch(/wait +done/)
  })

  it('end what is cancelled from another terminal, and show there where it is', async () => {
    const { dir, start, run, worker } = await opened()
    const { says } = await worker('first')
    const running = start(`run waits --job job -p dir=${dir} --json`)
    await running.line(isOf('stage_progress'))
    expect((await run('status job')).stdout).toMatch(/wait +running .*on first-\w{6}; 50%/)
    expect((await run('jobs cancel job')).exitCode).toBe(0)
    expect((await running.ended).exitCode).toBe(130)
    await says('wait: cancelled')
  })

  it('end what a killed run has left with them, when its job is cancelled', async () => {
    const { dir, start, run, worker, path } = await opened()
    const { says } = await worker('first')
    const killed = start(`run waits --job job -p dir=${dir} --json`)
    const pid = Number(/"note":"(\d+)"/.exec(await killed.line(isOf('stage_progress')))?.[1])
    await expect.poll(() => commandsBelow(pid).filter((line) => line.includes(dir))).toHaveLength(1)
    killed.child.kill('SIGKILL')
    await killed.ended
    const cancelled = await run('jobs cancel job --json')
    expect(cancelled).toMatchObject({ exitCode: 0, stderr: expect.stringMatching(/wait: ended on first-\w{6}/) })
    expect(JSON.parse(cancelled.stdout)).toMatchObject({ ended: 'steps', steps: [{ step: 'wait', how: 'ended' }] })
    await says('wait: cancelled')
    // The process of the slot stays, and what the step had started is gone.
    expect(commandsBelow(pid).filter((line) => line.includes(dir))).toEqual([])
    expect(JSON.parse((await run('jobs cancel job --json')).stdout)).toEqual({ ended: 'nothing' })
    writeFileSync(path('go'), '')
    expect((await run('run --job job')).exitCode).toBe(0)
    expect((await run('jobs cancel job')).stdout).toContain('nothing to cancel')
  })

  it('are not needed: without any, steps are executed here, unless they are for workers only', async () => {
    const { run } = await opened()
    const here = await run('run words in.txt --job here')
    expect([here.exitCode, here.stderr]).toEqual([0, expect.stringContaining('no worker takes its orders from')])
    const only = await (await opened({ TEST_ONLY: 'yes' })).run('run words in.txt --job only --timeout 2s')
    expect(only.exitCode).toBe(1)
    expect(only.stderr).toMatch(/shout\/[abc] +QUEUED +cpu/)
  })
})

describe('workers that do not trust who gives orders', () => {
  it('refuse them before anything is executed, say whose key it is, and take them once that is trusted', async () => {
    const { run, worker, path, keygen, ownKey } = await place({ TEST_ONLY: 'yes' })
    const stranger = { XDG_CONFIG_HOME: './stranger' }
    const other = await keygen(stranger)
    const strict = await worker('strict')
    const refused = await run('run words in.txt --job refused', { ...stranger, REPRISE_REMOTE_TRUST: ownKey })
    expect(refused.exitCode).toBe(1)
    expect(refused.stderr).toContain(`the order is signed by ${other}, whom this worker does not trust`)
    await strict.says(': refused, for')
    strict.child.kill('SIGTERM')
    const { stderr } = await strict.ended
    expect(stderr).toContain(`add it to 'trust' of the worker's remote`)
    expect(stderr).not.toContain(': taken')
    expect(readdirSync(path('team')).filter((name) => name.includes('action'))).toEqual([])
    await worker('trusting', '', { REPRISE_REMOTE_TRUST: other })
    const taken = await run('run words in.txt --job taken --json', { ...stranger, REPRISE_REMOTE_TRUST: ownKey })
    expect(eventsOf(taken.stdout).filter(({ event }) => event === 'stage_placed')).toHaveLength(3)
    expect(taken.exitCode).toBe(0)
  })
})

describe('a run without workers', () => {
  it('loads nothing of them', async () => {
    const dir = temporaryDirectory()
    const dist = dirname(commandPath)
    cpSync(dist, join(dir, 'dist'), { recursive: true })
    symlinkSync(resolve(dist, '../node_modules'), join(dir, 'node_modules'))
    const ofWorkers = /^cli-(bullmq|folder|messages|open-orders|remote-executor|run-worker|slot|worker|copy-artifacts)/
    const files = readdirSync(join(dir, 'dist')).filter((name) => ofWorkers.test(name))
    expect(files.length).toBeGreaterThan(8)
    for (const name of files) rmSync(join(dir, 'dist', name))
    writeFileSync(join(dir, 'reprise.config.ts'), config.replace(/workers: .*/, ''))
    writeFileSync(join(dir, 'in.txt'), 'hello')
    const said = await new Promise<string>((done) => {
      const env = { ...process.env, REPRISE_STORE: join(dir, 'store') }
      const args = [join(dir, 'dist/cli.cjs'), 'run', 'words', 'in.txt', '--no-remote']
      execFile(process.execPath, args, { cwd: dir, env }, (_, __, stderr) => done(stderr))
    })
    expect(said).toContain('3 executed')
  })
})
