import { execFileSync } from 'node:child_process'
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { resolve } from 'node:path'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { shellWord } from '../../src/core/shell-word.ts'
import { systemTiming, type Timing } from '../../src/engine/system/timing.ts'
import { runCommand } from '../../src/executors/batch/batch-command.ts'
import type { BatchSystem, BatchTask, Submission, TaskState } from '../../src/executors/batch/batch-system.ts'
import { CommandSystem, commandsProblem } from '../../src/executors/batch/command-system.ts'
import { filled, templateProblem } from '../../src/executors/batch/command-template.ts'
import { JobKeeper } from '../../src/executors/batch/job-keeper.ts'
import { OrdersFolder } from '../../src/executors/folder/orders-folder.ts'
import { temporaryDirectory } from '../rig/workbench.ts'
import { batchUnderTest } from './batch-jobs.ts'
import { isAlive, lossBench, one } from './loss-bench.ts'

const player = resolve(import.meta.dirname, 'scripts/play-batch.sh')

/** Returns the commands of a batch system that is played in a folder. */
function playedIn(dir: string) {
  const call = `${shellWord(player)} ${shellWord(dir)}`
  return { submit: `${call} submit {script}`, status: `${call} status`, cancel: `${call} cancel {ids}` }
}

/** Asks for jobs whose script does nothing that matters. */
function asking(dir: string, more: Partial<Submission> = {}): Submission {
  const script = () => '#!/bin/sh\nexec sleep 1000\n'
  const { signal } = new AbortController()
  return { pool: 'cpu', count: 1, launch: 'abc', dir, script, signal, onTask: () => {}, ...more }
}

describe('the commands of a batch system', () => {
  it('get each value as one word of the shell, whatever is in it', () => {
    const text = fc.string({ unit: fc.constantFrom(...'ab \'"\\$`{}*?!#~;&|<>()\n\té€'), maxLength: 12 })
    const values = fc.array(text, { maxLength: 4 })
    fc.assert(
      fc.property(text, values, (id, ids) => {
        const line = filled('printf "%s\\0" start-{id} {ids}', { id, ids })
        if (!line.ok) throw new Error(line.error)
        const printed = execFileSync('sh', ['-c', line.value], { encoding: 'utf8' }).split('\0').slice(0, -1)
        expect(printed).toEqual([`start-${id}`, ...ids])
      }),
      { numRuns: 60 },
    )
  })

  it('are refused where a placeholder is unknown, in quotes, or lacking', () => {
    expect(templateProblem("qstat | awk '{print}' ; qdel {ids}", ['ids'])).toBeUndefined()
    expect(templateProblem('qdel "{ids}"', ['ids'])).toContain('without quotes')
    expect(templateProblem("qdel '{ids}'", ['ids'])).toContain('without quotes')
    expect(templateProblem('qdel \\"{ids}', ['ids'])).toBeUndefined()
    expect(templateProblem('qdel {id}', ['ids'])).toContain('no value for {id} (valid: {ids})')
    expect(templateProblem('qdel "{ids', ['ids'])).toContain('not closed')
    const jobs = { submit: 'qsub {script}', status: 'qstat', cancel: 'qdel {ids}' }
    expect(commandsProblem(jobs)).toBeUndefined()
    expect(commandsProblem({ ...jobs, submit: 'qsub' })).toContain('has to name {script}')
    expect(commandsProblem({ ...jobs, cancel: 'qdel $1' })).toContain('has to name {ids}')
  })

  it('say nothing of jobs while they fail', async () => {
    const dir = temporaryDirectory()
    const system = new CommandSystem(playedIn(dir))
    const submitted = await system.submit(asking(dir, { count: 2 }))
    if (!submitted.ok) throw new Error(submitted.error.message)
    const [first, second] = submitted.value
    expect(submitted.value.map(({ name }) => name)).toEqual(['abc_0', 'abc_1'])
    writeFileSync(`${dir}/away`, '')
    expect(await system.states(submitted.value)).toMatchObject({ ok: false, error: expect.stringContaining('is away') })
    execFileSync('rm', [`${dir}/away`])
    if (first === undefined || second === undefined) throw new Error('it lacks a job')
    await system.cancel([first])
    const kinds = async () => {
      const states = await system.states(submitted.value)
      return states.ok && [...states.value].map(([name, { kind }]) => `${name} ${kind}`)
    }
    await expect.poll(kinds).toEqual(['abc_0 over', 'abc_1 waiting'])
    await system.cancel([second])
    await expect.poll(kinds).toEqual(['abc_0 over', 'abc_1 over'])
  })

  it.each([
    ['1234.server.domain', '1234.serv*  STDIN  me  R'],
    ['1234.server.domain', '1234'],
    ['Submitted job 1234.', '1234  RUN'],
  ])('know the job of %j in %j', async (submit, status) => {
    const dir = temporaryDirectory()
    const commands = { submit: `: {script}; echo '${submit}'`, status: `echo '${status}'`, cancel: ': {ids}' }
    const system = new CommandSystem(commands)
    const submitted = await system.submit(asking(dir))
    if (!submitted.ok) throw new Error(submitted.error.message)
    const states = async (one: CommandSystem) => {
      const asked = await one.states(submitted.value)
      return asked.ok && asked.value.get('abc_0')?.kind
    }
    expect(await states(system)).toBe('waiting')
    expect(await states(new CommandSystem({ ...commands, status: "echo '12345.server'" }))).toBe('over')
  })

  it('tell of each job at once, and submit no more when nobody waits', async () => {
    const over = new AbortController()
    const told: BatchTask[] = []
    const onTask = (task: BatchTask) => {
      told.push(task)
      over.abort()
    }
    const system = new CommandSystem({ submit: ': {script}; echo 7', status: ':', cancel: ': {ids}' })
    const submitted = await system.submit(asking(temporaryDirectory(), { count: 3, signal: over.signal, onTask }))
    expect(submitted).toEqual({ ok: true, value: [{ name: 'abc_0', id: '7' }] })
    expect(told).toEqual([{ name: 'abc_0', id: '7' }])
  })

  it('end with all that they have started when they hang', async () => {
    const file = `${temporaryDirectory()}/pid`
    const command = `sleep 1000 & echo $! >${shellWord(file)}; trap '' TERM; wait`
    const ended = await runCommand('sh', ['-c', command], { patienceMs: 500 })
    expect(ended).toMatchObject({ ok: false, error: expect.stringContaining('did not end within') })
    await expect.poll(() => isAlive(Number(readFileSync(file, 'utf8')))).toBe(false)
  })

  it('take nothing for a placeholder that every object has', () => {
    expect(filled("awk '{constructor}' {ids}", { ids: ['1'] })).toEqual({ ok: true, value: "awk '{constructor}' 1" })
  })
})

/** A keeper of jobs that are only played: each has the state that the test gives it. */
function keeperOfPlayed(states: () => Promise<TaskState> | TaskState) {
  const folder = new OrdersFolder(temporaryDirectory(), 'cpu')
  folder.prepare()
  const submitted: BatchTask[] = []
  const cancelled: string[] = []
  const waits: number[] = []
  const system: BatchSystem = {
    name: 'a played one',
    submit: async ({ count, launch, onTask }) => {
      const tasks = Array.from({ length: count }, (_, index) => ({ name: `${launch}_${index}`, id: `${index}` }))
      for (const task of tasks) onTask(task)
      submitted.push(...tasks)
      return { ok: true, value: tasks }
    },
    states: async (tasks) => {
      const state = await states()
      return { ok: true, value: new Map(tasks.map(({ name }) => [name, state])) }
    },
    cancel: async (tasks) => {
      cancelled.push(...tasks.map(({ id }) => id))
      return { ok: true, value: undefined }
    },
    log: ({ name }, dir) => `${dir}/${name}.log`,
  }
  const timing: Timing = {
    after: (ms, callback) => {
      waits.push(ms)
      return systemTiming.after(Math.min(ms, 5), callback)
    },
    random: () => 0,
  }
  const times = { collectMs: 0, pollMs: 0, pollMaxMs: 0 }
  const script = () => ''
  const keeper = new JobKeeper({ pool: 'cpu', folder, system, max: 9, script, times, timing, onLine: () => {} })
  return { keeper, folder, submitted, cancelled, waits }
}

describe('who keeps jobs', () => {
  it('counts no job as failed before it began whose worker was there', async () => {
    let state: TaskState = { kind: 'running' }
    let asked = 0
    const { keeper, folder, submitted } = keeperOfPlayed(() => {
      asked += 1
      return state
    })
    const queued = [1, 2, 3].map((number) => folder.queued(`${number}`, 0))
    for (const file of queued) writeFileSync(file, '{}')
    await keeper.during(async () => {
      await expect.poll(() => submitted.length).toBe(3)
      // All orders are taken and done, and then the jobs end as they do when somebody cancels them.
      for (const { name } of submitted) writeFileSync(folder.worker(`node-${name}-abcdef`), '{}')
      for (const file of queued) rmSync(file)
      state = { kind: 'over', state: 'CANCELLED', because: 'lost' }
      const before = asked
      await expect.poll(() => asked).toBeGreaterThan(before)
      await expect.poll(() => folder.list('jobs')).toEqual([])
    })
    expect(keeper.whyWaiting()).toBeUndefined()
  })

  it('asks in one loop alone, when the last order ends and another comes', async () => {
    let answer = (_: TaskState) => {}
    let tellAsked = () => {}
    const asked = new Promise<void>((resolve) => {
      tellAsked = resolve
    })
    const { keeper, folder, waits } = keeperOfPlayed(() => {
      tellAsked()
      return new Promise((resolve) => {
        answer = resolve
      })
    })
    mkdirSync(keeper.dir)
    writeFileSync(`${keeper.dir}/old_1.json`, JSON.stringify({ name: 'old_1', id: '1' }))
    await keeper.during(() => asked)
    const before = waits.length
    await keeper.during(() => new Promise((resolve) => setImmediate(resolve)))
    expect(waits.length).toBe(before)
    answer({ kind: 'waiting' })
    await keeper.endUnneeded('own')
    expect(folder.list('jobs')).toEqual(['old_1.json'])
  })

  it('passes on no id that would be a flag', async () => {
    const { keeper, cancelled } = keeperOfPlayed(() => ({ kind: 'running' }))
    mkdirSync(keeper.dir)
    for (const [index, id] of ['--me', '', '12 13', '12_3', '123[].server'].entries())
      writeFileSync(`${keeper.dir}/old_${index}.json`, JSON.stringify({ name: `old_${index}`, id }))
    await keeper.endUnneeded('all')
    expect(cancelled).toEqual(['12_3', '123[].server'])
  })
})

describe('jobs of a batch system that is known by its commands', () => {
  it('execute steps, are followed by others when they are lost, and are gone in the end', async () => {
    const dir = temporaryDirectory()
    const bench = await lossBench(batchUnderTest({ kind: 'batch', batch: playedIn(dir) }))
    // What an earlier run has submitted and was killed before it saw the end of, and a worker that died.
    const pool = new OrdersFolder(bench.path('orders'), 'cpu')
    pool.prepare()
    mkdirSync(`${pool.dir}/jobs`)
    for (const number of [1, 2, 3]) {
      const task = { name: `old_${number}`, id: `99999999${number}` }
      writeFileSync(`${pool.dir}/jobs/${task.name}.json`, JSON.stringify(task))
      writeFileSync(pool.worker(`dead-${number}`), '{}')
    }
    const submitted = () => readFileSync(`${dir}/jobs`, 'utf8').trim().split('\n').map(Number)
    const { result, of } = await bench.whileStuck(() => process.kill(submitted()[0] ?? 0, 'SIGKILL'))
    expect(result.failure).toBeUndefined()
    expect(of('stage_lost')).toMatchObject([{ count: 1 }])
    expect(
      (await bench.run(one('sendsMessages'), { ...bench.only(true), params: { dir: bench.dir } })).result.status,
    ).toBe('completed')
    // They end by themselves when there is nothing to do.
    await expect.poll(() => submitted().filter(isAlive), { timeout: 10_000 }).toEqual([])
  })
})
