import { execFileSync } from 'node:child_process'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { resolve } from 'node:path'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { CommandSystem, commandsProblem } from '../../src/executors/batch/command-system.ts'

import { filled, shellWord, templateProblem } from '../../src/executors/batch/shell-words.ts'
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
    const script = () => '#!/bin/sh\nexec sleep 1000\n'
    const submitted = await system.submit({ pool: 'cpu', count: 2, launch: 'abc', dir, script })
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
