import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { BatchEngine } from '../../src/executors/batch/batch-engine.ts'
import type { BatchTask } from '../../src/executors/batch/batch-system.ts'
import { SlurmSystem } from '../../src/executors/batch/slurm-system.ts'
import { describeExecutor } from '../conformance/executor.ts'
import { startSlurm } from '../rig/services.ts'
import { temporaryDirectory } from '../rig/workbench.ts'
import { batchUnderTest, quickTimes, testLaunch } from './batch-jobs.ts'
import { isAlive, lossBench, one, onProgress } from './loss-bench.ts'
import { withWorkers } from './worker-rig.ts'

const slurm = startSlurm()
const jobs = { kind: 'slurm', slurm: { memory: '50M' } } as const

/** Returns `ID_INDEX STATE` of all jobs since the first one. */
function queue(): readonly string[] {
  const args = ['-h', '-r', '--states=all', '-o', '%F_%K %T']
  return execFileSync('squeue', args, { encoding: 'utf8' }).trim().split('\n').filter(Boolean)
}

const unfinished = () => queue().filter((line) => /PENDING|RUNNING|COMPLETING/.test(line))

function parentOf(pid: number): number {
  return Number(/^PPid:\s+(\d+)$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1])
}

describeExecutor(
  'jobs of Slurm',
  withWorkers(
    ({ dir, slotArgs }) => {
      const orders = join(dir, 'orders')
      mkdirSync(orders)
      const launch = testLaunch(slotArgs(join(dir, 'store')), { orders, device: 'cuda', gpus: ['7'] })
      return { engine: () => new BatchEngine({ dir: orders, jobs }, { times: quickTimes, launch }) }
    },
    { module: 'executor-stages' },
  ),
)

describe('jobs of Slurm that are lost', () => {
  it.each([
    // Its job fails, which squeue says long before its silence would.
    ['SIGKILL', 600_000, /ended as FAILED/],
    // It is silent, and its job ended from outside.
    ['SIGSTOP', 1500, undefined],
  ] as const)(
    'are followed by others after %s of a worker, and no process is left',
    async (signal, lostAfterMs, why) => {
      const bench = await lossBench(batchUnderTest(jobs, undefined, { lostAfterMs }))
      let pid = 0
      const { result, of } = await bench.whileStuck((slot) => {
        pid = slot
        process.kill(parentOf(slot), signal)
      })
      expect(result.failure).toBeUndefined()
      expect(of('stage_lost')).toMatchObject([{ count: 1 }])
      expect(of('stage_retrying')).toEqual([])
      const lines = of('stage_log').map(({ line }) => line)
      if (why !== undefined) expect(lines).toContainEqual(expect.stringMatching(why))
      await expect.poll(() => isAlive(pid), { timeout: 10_000 }).toBe(false)
    },
  )

  it('are followed by others when somebody else cancels them', async () => {
    const bench = await lossBench(batchUnderTest(jobs, undefined, { lostAfterMs: 600_000 }))
    const { result, of } = await bench.whileStuck(() => execFileSync('scancel', ['--name=reprise-cpu']))
    expect(result.failure).toBeUndefined()
    // Its program was ended, too, which is no failure of the step.
    expect(of('stage_lost')).toMatchObject([{ count: 1 }])
    expect(of('stage_log').map(({ line }) => line)).toContainEqual(expect.stringContaining('CANCELLED'))
  })

  it('are not missed while the controller is away: the step ends, and the next job comes when it is back', async () => {
    const lines: string[] = []
    const bench = await lossBench(
      batchUnderTest({ kind: 'slurm', slurm: { steps: 'one' } }, (line) => lines.push(line)),
    )
    const away = slurm.controller('stop')
    await away
    const run = bench.run(one('sendsMessages'), { ...bench.only(true), params: { dir: bench.dir } })
    await expect.poll(() => lines.join('\n'), { timeout: 30_000 }).toMatch(/tries again/)
    await slurm.controller('start')
    const { result, of } = await run
    expect(result.failure).toBeUndefined()
    expect(of('stage_lost')).toEqual([])
    expect(lines).toContainEqual(expect.stringContaining('Slurm answers again'))
  })

  it('fail with worker-lost where the step ends whatever executes it', async () => {
    const bench = await lossBench(batchUnderTest(jobs))
    const { result, of } = await bench.run(one('poison'), { ...bench.only(true), params: { dir: bench.dir } })
    expect(result.failure).toMatchObject({ kind: 'worker-lost', step: 'poison' })
    expect(of('stage_lost').map(({ count }) => count)).toEqual([1, 2, 3])
  })
})

describe('a run with jobs of Slurm', () => {
  it('that was killed leaves them at work; the next one joins, and what is not wanted can be cancelled', async () => {
    const under = batchUnderTest(jobs)
    const bench = await lossBench(under)
    let back: ReturnType<typeof under.again> | undefined
    const { result } = await bench.whileStuck(() => {
      // As another process does, which finds the order and the job by their files alone.
      back = under.again(bench.path('orders'))
      void back.cancel('cpu', () => true, new AbortController().signal)
    })
    // The run that still lived took the order for one that another run had cancelled, and gave it again.
    expect(result.failure).toBeUndefined()
    await back?.close()
  })

  it('ends its jobs when it is cancelled, and those that wait', async () => {
    const bench = await lossBench(batchUnderTest({ kind: 'slurm', slurm: { options: ['--dependency=singleton'] } }))
    const controller = new AbortController()
    const { result } = await bench.run(one('stuckOnce'), {
      ...bench.only(true),
      params: { dir: bench.dir },
      signal: controller.signal,
      onEvent: onProgress(() => controller.abort()),
    })
    expect(result.status).toBe('cancelled')
    await expect.poll(unfinished, { timeout: 20_000 }).toEqual([])
  })

  it.each([
    [
      'jobs fail before they take an order',
      { setup: ['echo no such module >&2', 'exit 3'] },
      /end before they take.*no such module/,
    ],
    ['jobs cannot be submitted', { partition: 'nowhere' }, /cannot be submitted: .*partition/],
  ] as const)('fails in words that say why, where its %s', async (_, slurmJobs, message) => {
    const bench = await lossBench(batchUnderTest({ kind: 'slurm', slurm: slurmJobs }))
    const { result } = await bench.run(one('sendsMessages'), { ...bench.only(true), params: { dir: bench.dir } })
    expect(result.failure).toMatchObject({ kind: 'workers-unavailable', message: expect.stringMatching(message) })
  })
})

it('has a job print into a directory with a percent sign in its name, as that of a pool with a space', async () => {
  const dir = join(temporaryDirectory(), 'a%20pool%j')
  mkdirSync(dir)
  const system = new SlurmSystem(jobs.slurm)
  const tasks: BatchTask[] = []
  const submitted = await system.submit({
    pool: 'a pool',
    count: 1,
    launch: 'abc',
    dir,
    script: () => '#!/bin/sh\necho printed\n',
    signal: new AbortController().signal,
    onTask: (task) => tasks.push(task),
  })
  expect(submitted).toEqual({ ok: true, value: tasks })
  const log = () =>
    tasks.map((task) => system.log(task, dir)).map((path) => existsSync(path) && readFileSync(path, 'utf8'))
  await expect.poll(log, { timeout: 20_000 }).toEqual(['printed\n'])
})
