import { availableParallelism } from 'node:os'
import { describe, expect, it } from 'vitest'
import { Pools } from '../../../src/engine/schedule/pools.ts'
import { type ControlledStep, controlledPipeline, createControl, settle } from '../../rig/controlled-stage.ts'
import { createWorkbench } from '../../rig/workbench.ts'

async function start(steps: Readonly<Record<string, ControlledStep>>, request: object = {}) {
  const control = createControl()
  const workbench = await createWorkbench()
  const begin = () => workbench.run(controlledPipeline(control, steps), request)
  return { control, begin, store: workbench.store }
}

/** Lets steps go on one after the other, and returns the order in which they began. */
async function orderOf(
  control: ReturnType<typeof createControl>,
  running: Promise<unknown>,
): Promise<readonly string[]> {
  const order: string[] = []
  let isOver = false
  void running.finally(() => {
    isOver = true
  })
  while (!isOver) {
    await settle()
    const [name, ...others] = control.running
    if (name === undefined) continue
    expect(others).toEqual([])
    order.push(name)
    const step = await control.invoked(name)
    step.finish()
  }
  return order
}

describe('the order of steps that wait for one slot', () => {
  const chains = { a: {}, b: {}, c: {}, d: { after: ['c'] }, e: { after: ['d'] }, f: { after: ['b'] } }

  it('begins with the chain of most steps where nothing is known of durations', async () => {
    const { control, begin } = await start(chains, { concurrency: 1 })
    const order = await orderOf(control, begin())
    // After c there are two steps, after b one: d comes level with b, which has waited longer.
    expect(order).toEqual(['c', 'b', 'd', 'a', 'f', 'e'])
  })

  it('begins with the chain that takes longest, by how long its stages took before', async () => {
    const steps = {
      short: { stage: 'quick' },
      chain: { stage: 'quick' },
      after: { stage: 'quick', after: ['chain'] },
      long: { stage: 'slow' },
      last: { stage: 'slow', after: ['after'] },
    }
    const { control, begin, store } = await start(steps, { concurrency: 1 })
    store.ledger.durations.record('quick', 'cpu', { durationMs: 10, inputBytes: 0 })
    store.ledger.durations.record('slow', 'cpu', { durationMs: 5000, inputBytes: 0 })
    expect(await orderOf(control, begin())).toEqual(['chain', 'after', 'long', 'last', 'short'])
  })

  it('begins with the larger inputs of one stage', async () => {
    const steps = {
      small: { stage: 'make' },
      large: { stage: 'make' },
      afterSmall: { stage: 'use', after: ['small'] },
      afterLarge: { stage: 'use', after: ['large'] },
      gate: { stage: 'use', after: ['small', 'large'] },
    }
    const { control, begin, store } = await start(steps, { concurrency: 1 })
    store.ledger.durations.record('use', 'cpu', { durationMs: 100, inputBytes: 10 })
    const running = begin()
    ;(await control.invoked('small')).finish('s')
    ;(await control.invoked('large')).finish('x'.repeat(1000))
    expect(await orderOf(control, running)).toEqual(['gate', 'afterLarge', 'afterSmall'])
  })
})

describe("an author's own pool", () => {
  it('limits the steps that take slots of it, whatever else is free', async () => {
    const api = { pool: 'api' }
    const { control, begin } = await start({ a: api, b: api, c: api, d: {} }, { concurrency: 8, pools: { api: 2 } })
    const running = begin()
    const [a, b, d] = await Promise.all(['a', 'b', 'd'].map((name) => control.invoked(name)))
    await settle()
    expect(control.running).toEqual(['a', 'b', 'd'])
    b?.finish()
    ;(await control.invoked('c')).finish()
    a?.finish()
    d?.finish()
    expect((await running).result.status).toBe('completed')
  })

  it('is refused where it is not declared, with the nearest that is, and so are impossible sizes', async () => {
    const { begin } = await start({ a: { pool: 'opnai' }, b: { slots: 0 } }, { pools: { openai: 2, idle: 0 } })
    const { result } = await begin()
    expect(result.failure).toMatchObject({
      kind: 'invalid',
      problems: [
        { where: 'pool idle', message: 'it has 0 slots; give a whole number above zero' },
        { where: 'step a', message: expect.stringContaining("unknown pool 'opnai': did you mean 'openai'?") },
        { where: 'step b', message: 'it takes 0 slots; give a whole number above zero' },
      ],
    })
  })

  it('is no part of the key', async () => {
    const { run } = await createWorkbench()
    const control = createControl()
    const of = (placed: ControlledStep) => controlledPipeline(control, { a: { stage: 'same', ...placed } })
    const first = run(of({}))
    ;(await control.invoked('a')).finish()
    await first
    expect((await run(of({ pool: 'api', slots: 3 }), { pools: { api: 3 } })).cached).toEqual(['a'])
  })
})

describe('a step of several slots', () => {
  it('takes as many as the pool has where it wants more, and runs alone', async () => {
    const { control, begin } = await start({ wide: { slots: 9 }, a: {}, b: {} }, { concurrency: 2 })
    const running = begin()
    const wide = await control.invoked('wide')
    await settle()
    expect(control.running).toEqual(['wide'])
    wide.finish()
    const [a, b] = await Promise.all([control.invoked('a'), control.invoked('b')])
    a.finish()
    b.finish()
    expect((await running).result.status).toBe('completed')
  })

  it('is not passed for ever by steps of one: it keeps the slots that it has come to', async () => {
    const { control, begin } = await start(
      { a: {}, b: {}, wide: { slots: 2 }, c: {}, after: { after: ['a'], stage: 'urgent' }, last: { after: ['after'] } },
      { concurrency: 2, pools: { io: 1 } },
    )
    const running = begin()
    const names = ['after', 'a', 'b', 'c', 'last', 'wide']
    const done: string[] = []
    while (done.length < names.length) {
      await settle()
      const now = control.running
      if (now.includes('wide')) expect(now).toEqual(['wide'])
      expect(now.length).toBeGreaterThan(0)
      for (const name of now) {
        done.push(name)
        ;(await control.invoked(name)).finish()
        await settle()
      }
    }
    expect((await running).result.status).toBe('completed')
  })

  it('never waits together with another for what both hold a part of', async () => {
    const wide = { slots: 3 }
    const steps = { a: wide, b: wide, c: wide, d: { slots: 2 }, e: {}, f: { slots: 2 } }
    const { control, begin } = await start(steps, { concurrency: 4 })
    const running = begin()
    let slots = 0
    for (let left = 6; left > 0; left--) {
      await settle()
      const [name] = control.running
      if (name === undefined) throw new Error('nothing runs, and steps are left')
      slots = Math.max(slots, control.running.length)
      ;(await control.invoked(name)).finish()
    }
    expect((await running).result.status).toBe('completed')
    expect(slots).toBeGreaterThan(1)
  })
})

describe('the processors of a step', () => {
  const claim = { pool: 'cpu', slots: 1, priority: 0 }
  const cpus = availableParallelism()

  it('are all of them while nothing else is to be done, and one while there is much', async () => {
    const pools = new Pools({ gpuCount: 0, concurrency: cpus })
    expect(await pools.run(claim, async () => pools.share)).toBe(cpus)
    const many = Array.from({ length: 3 * cpus }, () => pools.run(claim, async () => pools.share))
    expect((await Promise.all(many))[0]).toBe(1)
  })

  it('are those of the steps that may run at once', async () => {
    const pools = new Pools({ gpuCount: 0, concurrency: 1 })
    const both = [1, 2].map(() => pools.run(claim, async () => pools.share))
    expect(await Promise.all(both)).toEqual([cpus, cpus])
  })
})
