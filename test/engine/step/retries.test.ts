import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { jobStatus, startPipeline } from '../../../src/engine/index.ts'
import { type ControlledStep, controlledPipeline, createControl, settle } from '../../rig/controlled-stage.ts'
import { createFakeTiming } from '../../rig/fake-timing.ts'
import { createWorkbench } from '../../rig/workbench.ts'

async function start(steps: Readonly<Record<string, ControlledStep>>, request: object = {}) {
  const control = createControl()
  const timing = createFakeTiming()
  const workbench = await createWorkbench()
  const pipeline = controlledPipeline(control, steps)
  const running = workbench.run(pipeline, { timing, ...request })
  return { control, timing, running, pipeline, ...workbench }
}

function manifestOf(jobDir: string, step: string): unknown {
  return JSON.parse(readFileSync(join(jobDir, step, 'manifest.json'), 'utf8'))
}

describe('a step that fails and is executed again', () => {
  it('says why and when, waits, and counts its attempts', async () => {
    const { control, timing, running, jobDir } = await start({ a: { retry: { attempts: 3 } } })
    const first = await control.invoked('a')
    const before = Date.now()
    first.fail('no line')
    const wait = await timing.wait()
    const after = Date.now()
    expect(wait.delayMs).toBe(1000)
    await settle()
    const during = await jobStatus(jobDir, { isRunning: true })
    expect(during.ok && during.value.steps[0]).toMatchObject({
      state: 'running',
      attempts: 1,
      message: expect.stringMatching(/^attempt 2 at .*, because the stage threw.*no line$/),
    })
    wait.pass()
    const second = await control.invoked('a')
    expect(second.outputPath).not.toBe(first.outputPath)
    second.fail('no line')
    const again = await timing.wait()
    expect(again.delayMs).toBe(2000)
    again.pass()
    ;(await control.invoked('a')).finish()
    const { events, result, of } = await running
    expect(result.status).toBe('completed')
    const told = events.flatMap((event) => ('stage' in event ? [event.event] : []))
    expect(told.slice(0, 7)).toEqual([
      'stage_cache_miss',
      'stage_running',
      'stage_retrying',
      'stage_running',
      'stage_retrying',
      'stage_running',
      'artifact_stored',
    ])
    expect(of('stage_running').map(({ attempt }) => attempt)).toEqual([1, 2, 3])
    const [retrying] = of('stage_retrying')
    expect(retrying).toMatchObject({ attempt: 2, delay_ms: 1000, failure: { kind: 'stage-threw', message: 'no line' } })
    expect(retrying?.message).toContain('no line')
    const retryAt = Date.parse(retrying?.retry_at ?? '')
    expect(retryAt).toBeGreaterThanOrEqual(before + 1000)
    expect(retryAt).toBeLessThanOrEqual(after + 1000)
    expect(manifestOf(jobDir, '01_a')).toMatchObject({ attempts: 3, cache: 'miss', exit_code: 0 })
    const log = readFileSync(join(jobDir, '01_a/stage.log'), 'utf8')
    expect(log.match(/--- attempt \d in \ds, because: .*no line/g)).toHaveLength(2)
    const status = await jobStatus(jobDir)
    expect(status.ok && status.value.steps).toMatchObject([{ step: 'a', state: 'done', attempts: 3 }])
  })

  it('fails with its last failure when the attempts are used up, and releases everything', async () => {
    const { control, timing, running, jobDir, store } = await start({
      a: { retry: { attempts: 2 } },
      b: { after: ['a'] },
    })
    ;(await control.invoked('a')).fail('first')
    ;(await timing.wait()).pass()
    ;(await control.invoked('a')).fail('second')
    const { result, of } = await running
    expect(result).toMatchObject({ failedSteps: ['a'], failure: { kind: 'stage-threw', message: 'second' } })
    expect(of('stage_failed')).toHaveLength(1)
    expect(of('stage_skipped').map(({ stage, upstream }) => [stage, upstream])).toEqual([['b', 'a']])
    expect(manifestOf(jobDir, '01_a')).toMatchObject({ attempts: 2, failure: { message: 'second' } })
    expect(readdirSync(join(jobDir, '.work'))).toEqual([])
    const key = of('stage_running')[0]?.key
    expect(store.leases.holder(`action:${key}`)).toBeUndefined()
    expect(store.leases.holder(`job:${jobDir}`)).toBeUndefined()
  })

  it('leaves its place in the pool to others while it waits, and keeps the key to itself', async () => {
    const steps = { a: { pool: 'gpu', retry: {} }, b: { pool: 'gpu' } }
    const { control, timing, running, store, jobDir } = await start(steps, { concurrency: 2 })
    const a = await control.invoked('a')
    await settle()
    expect(control.running).toEqual(['a'])
    a.fail('not now')
    const wait = await timing.wait()
    const b = await control.invoked('b')
    expect(control.running).toEqual(['b'])
    const key = JSON.parse(readFileSync(join(jobDir, 'events.jsonl'), 'utf8').split('\n')[1] ?? '{}').key
    expect(store.leases.holder(`action:${key}`)).toBeDefined()
    b.finish()
    wait.pass()
    ;(await control.invoked('a')).finish()
    expect((await running).result.summary.executed).toBe(2)
  })

  it('waits as long as the stage asks for', async () => {
    const { control, timing, running } = await start({ a: {} })
    ;(await control.invoked('a')).refuse('the service is busy', { retryAfterMs: 90_000 })
    const wait = await timing.wait()
    expect(wait.delayMs).toBe(90_000)
    wait.pass()
    ;(await control.invoked('a')).finish()
    expect((await running).of('stage_retrying')).toMatchObject([
      { delay_ms: 90_000, message: 'the service is busy', failure: { kind: 'stage-failed', retryAfterMs: 90_000 } },
    ])
  })

  it('is cancelled while it waits', async () => {
    const { store, jobDir } = await createWorkbench()
    const control = createControl()
    const timing = createFakeTiming()
    const pipeline = controlledPipeline(control, { a: { retry: {} } })
    const run = startPipeline({ pipeline, inputs: {}, jobDir, store, device: 'cpu', timing })
    ;(await control.invoked('a')).fail('once')
    const wait = await timing.wait()
    run.cancel()
    const result = await run.result
    expect(result.status).toBe('cancelled')
    expect(wait.isCancelled).toBe(true)
    expect(result.outcomes.get('a')).toEqual({ kind: 'cancelled' })
    const told: string[] = []
    for await (const { event } of run.events()) told.push(event)
    expect(told.slice(-3)).toEqual(['stage_retrying', 'stage_cancelled', 'pipeline_cancelled'])
    expect(existsSync(join(jobDir, '01_a'))).toBe(false)
    expect(readdirSync(join(jobDir, '.work'))).toEqual([])
  })

  it('gives up when another step has failed meanwhile', async () => {
    const { control, timing, running } = await start({ a: { retry: {} }, b: {} }, { concurrency: 2 })
    ;(await control.invoked('a')).fail('a is not well')
    const wait = await timing.wait()
    ;(await control.invoked('b')).fail('b is not well')
    const { result, of } = await running
    expect(wait.isCancelled).toBe(true)
    expect(of('stage_running')).toHaveLength(2)
    expect([...result.failedSteps].sort()).toEqual(['a', 'b'])
  })

  it('is executed once where the policy does not say otherwise', async () => {
    const { control, timing, running } = await start({ a: { retry: { on: ['timed-out'] } } })
    ;(await control.invoked('a')).fail('no')
    expect((await running).of('stage_running')).toHaveLength(1)
    expect(timing.begun).toBe(0)
  })
})

describe('what follows a failure', () => {
  const steps = { a: {}, b: { after: ['a'] }, x: {}, c: { after: ['x'] } }

  it('is told by kind: the run goes on without what needs the step', async () => {
    const a = { onFailure: { 'stage-failed': 'continue' } } as const
    const { control, running } = await start({ ...steps, a }, { concurrency: 2 })
    const [first, x] = await Promise.all([control.invoked('a'), control.invoked('x')])
    first.refuse('no words in it')
    await settle()
    x.finish()
    ;(await control.invoked('c')).finish()
    const { result, executed, of } = await running
    expect(executed).toEqual(['a', 'c', 'x'])
    expect(of('stage_skipped').map(({ stage, because, upstream }) => [stage, because, upstream])).toEqual([
      ['b', 'upstream', 'a'],
    ])
    expect(result).toMatchObject({ status: 'failed', failedSteps: ['a'] })
  })

  it('is told by class: nothing more is started, also where the run keeps going', async () => {
    const a = { onFailure: { stage: 'abort' } } as const
    const { control, running } = await start({ ...steps, a }, { concurrency: 2, keepGoing: true })
    const [first, x] = await Promise.all([control.invoked('a'), control.invoked('x')])
    first.fail('no')
    await settle()
    x.finish()
    const { executed, of } = await running
    expect(executed).toEqual(['a', 'x'])
    expect(
      of('stage_skipped')
        .map(({ stage, upstream, failed }) => [stage, upstream, failed])
        .sort(),
    ).toEqual([
      ['b', 'a', undefined],
      ['c', undefined, 'a'],
    ])
  })
})

describe('a time limit', () => {
  it('ends an attempt that takes too long, and is a failure of its own that may be repeated', async () => {
    const a: ControlledStep = { timeoutMs: 5000, retry: { attempts: 2, on: ['timed-out'] } }
    const { control, timing, running, jobDir } = await start({ a }, { killGraceMs: 0 })
    const first = await control.invoked('a')
    const limit = await timing.wait()
    expect(limit.delayMs).toBe(5000)
    limit.pass()
    expect(first.signal.aborted).toBe(true)
    first.fail('stopped')
    const wait = await timing.wait()
    wait.pass()
    const second = await control.invoked('a')
    const nextLimit = await timing.wait()
    expect(nextLimit.delayMs).toBe(5000)
    second.finish()
    const { result, of } = await running
    expect(result.status).toBe('completed')
    expect(nextLimit.isCancelled).toBe(true)
    expect(of('stage_retrying')[0]?.failure).toEqual({ kind: 'timed-out', step: 'a', timeoutMs: 5000 })
    expect(manifestOf(jobDir, '01_a')).toMatchObject({ attempts: 2 })
  })

  it('ends one that does not heed its signal, and does not take what it does later', async () => {
    const { control, timing, running, jobDir } = await start({ a: { timeoutMs: 1 } }, { killGraceMs: 0 })
    const a = await control.invoked('a')
    ;(await timing.wait()).pass()
    const { result } = await running
    expect(() => a.finish()).toThrow('ENOENT')
    expect(result.failure).toEqual({ kind: 'timed-out', step: 'a', timeoutMs: 1 })
    expect(readdirSync(join(jobDir, '01_a')).sort()).toEqual(['manifest.json', 'stage.log'])
  })

  it('ends a run: what runs is stopped, nothing more is started, and it has failed', async () => {
    const steps = { a: {}, b: { after: ['a'] } }
    const { control, timing, running, jobDir, run, pipeline } = await start(steps, {
      timeoutMs: 60_000,
      killGraceMs: 0,
    })
    const a = await control.invoked('a')
    const limit = await timing.wait()
    expect(limit.delayMs).toBe(60_000)
    limit.pass()
    expect(a.signal.aborted).toBe(true)
    a.fail('stopped')
    const { result, of, executed } = await running
    expect(executed).toEqual(['a'])
    expect(result).toMatchObject({
      status: 'failed',
      failure: { kind: 'timed-out', timeoutMs: 60_000 },
      failedSteps: [],
    })
    expect(of('stage_cancelled').map(({ stage }) => stage)).toEqual(['a'])
    expect(of('pipeline_failed')[0]?.message).toContain('timed out after 60s')
    const status = await jobStatus(jobDir)
    expect(status.ok && status.value.steps.map(({ step, state }) => [step, state])).toEqual([
      ['a', 'interrupted'],
      ['b', 'not-yet'],
    ])
    const next = run(pipeline)
    ;(await control.invoked('a')).finish()
    ;(await control.invoked('b')).finish()
    expect((await next).result.status).toBe('completed')
  })

  it('is lifted when the run ends in time', async () => {
    const { control, timing, running } = await start({ a: {} }, { timeoutMs: 60_000 })
    ;(await control.invoked('a')).finish()
    expect((await running).result.status).toBe('completed')
    expect((await timing.wait()).isCancelled).toBe(true)
  })
})
