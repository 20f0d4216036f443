import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { definePipeline, defineStage, json } from '../../../src/core/index.ts'
import { type ControlledStep, controlledPipeline, createControl, settle } from '../../rig/controlled-stage.ts'
import { createWorkbench } from '../../rig/workbench.ts'

async function start(steps: Readonly<Record<string, ControlledStep>>, request: object = {}) {
  const control = createControl()
  const workbench = await createWorkbench()
  const running = workbench.run(controlledPipeline(control, steps), request)
  return { control, running, ...workbench }
}

describe('the order of steps', () => {
  it('starts all that are ready at once, and each other as soon as its own upstream is there', async () => {
    const { control, running } = await start(
      { a: {}, b: {}, c: { after: ['a'] }, d: { after: ['a', 'b'] } },
      { concurrency: 4 },
    )
    const [a, b] = await Promise.all([control.invoked('a'), control.invoked('b')])
    a.finish()
    const c = await control.invoked('c')
    expect(control.running).toEqual(['b', 'c'])
    b.finish()
    const d = await control.invoked('d')
    c.finish()
    d.finish()
    expect((await running).executed).toEqual(['a', 'b', 'c', 'd'])
  })

  it('executes no more at once than it may, in all and in each pool', async () => {
    const gpu = { pool: 'gpu' }
    const { control, running } = await start({ a: gpu, b: gpu, c: {}, d: {}, e: {} }, { concurrency: 3 })
    const [a, c, d] = await Promise.all([control.invoked('a'), control.invoked('c'), control.invoked('d')])
    await settle()
    expect(control.running).toEqual(['a', 'c', 'd'])
    c.finish()
    const e = await control.invoked('e')
    d.finish()
    e.finish()
    await settle()
    expect(control.running).toEqual(['a'])
    a.finish()
    ;(await control.invoked('b')).finish()
    expect((await running).result.summary.executed).toBe(5)
  })
})

describe('a failure', () => {
  const steps = { a: {}, b: {}, c: {}, d: { after: ['a'] }, e: { after: ['b'] } }

  it('lets what is running finish, and starts nothing more, also nothing that waited for its turn', async () => {
    const { control, running } = await start(steps, { concurrency: 2 })
    const [a, b] = await Promise.all([control.invoked('a'), control.invoked('b')])
    a.fail('enough')
    await settle()
    expect(control.running).toEqual(['b'])
    b.finish()
    const { result, executed, of } = await running
    expect(executed).toEqual(['a', 'b'])
    expect(result).toMatchObject({ status: 'failed', failedSteps: ['a'], failure: { kind: 'stage-threw' } })
    expect(result.outcomes.get('b')).toMatchObject({ kind: 'executed', recorded: true })
    const skipped = of('stage_skipped').map(({ stage, because, upstream, failed }) => [
      stage,
      because,
      upstream ?? failed,
    ])
    expect(skipped.sort()).toEqual([
      ['c', 'failure', 'a'],
      ['d', 'upstream', 'a'],
      ['e', 'failure', 'a'],
    ])
    expect(['c', 'd'].map((id) => result.outcomes.get(id))).toEqual([
      { kind: 'skipped', because: { failed: 'a' } },
      { kind: 'skipped', because: { step: 'a' } },
    ])
  })

  it('stops only what depends on it when the run keeps going', async () => {
    const { control, running } = await start(steps, { concurrency: 2, keepGoing: true })
    ;(await control.invoked('a')).fail('enough')
    for (const name of ['b', 'c', 'e']) void control.invoked(name).then((step) => step.finish())
    const { result, executed, of } = await running
    expect(executed).toEqual(['a', 'b', 'c', 'e'])
    expect([result.failedSteps, result.failedStages]).toEqual([['a'], ['a']])
    expect(of('stage_skipped').map(({ stage, upstream }) => [stage, upstream])).toEqual([['d', 'a']])
  })

  it('leaves a manifest that says so, the log, and no output', async () => {
    const { control, running, jobDir } = await start({ a: {} })
    ;(await control.invoked('a')).fail('enough')
    await running
    expect(readdirSync(join(jobDir, '01_a')).sort()).toEqual(['manifest.json', 'stage.log'])
    const manifest: unknown = JSON.parse(readFileSync(join(jobDir, '01_a/manifest.json'), 'utf8'))
    expect(manifest).toMatchObject({
      step: 'a',
      exit_code: 1,
      cache: 'off',
      attempts: 1,
      outputs: {},
      failure: { kind: 'stage-threw', message: 'enough' },
    })
    expect(existsSync(join(jobDir, '.work'))).toBe(true)
    expect(readdirSync(join(jobDir, '.work'))).toEqual([])
  })

  it('of the step that computes a list is told of the fan-out over it', async () => {
    const { run } = await createWorkbench()
    const list = defineStage({
      name: 'list',
      version: 1,
      inputs: {},
      params: z.object({}),
      outputs: { items: json(z.array(z.string())) },
      run: ({ fail }) => fail('no list today'),
    })
    const one = defineStage({
      name: 'one',
      version: 1,
      inputs: { item: json(z.string()) },
      params: z.object({}),
      outputs: { value: json(z.string()) },
      run: ({ inputs }) => ({ value: inputs.item }),
    })
    const pipeline = definePipeline({
      name: 'fan',
      inputs: {},
      params: z.object({}),
      build: ({ step, each }) => each(step(list, {}).items, (item) => step(one, { item })),
    })
    const { of, result } = await run(pipeline, { keepGoing: true })
    expect(of('stage_skipped').map(({ stage, because, upstream }) => [stage, because, upstream])).toEqual([
      ['one/*', 'upstream', 'list'],
    ])
    expect(result.outcomes.get('one/*')).toEqual({ kind: 'skipped', because: { step: 'list' } })
  })
})
