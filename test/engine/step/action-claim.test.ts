import { describe, expect, it } from 'vitest'
import { type ControlledStep, controlledPipeline, createControl, settle } from '../../rig/controlled-stage.ts'
import { createWorkbench } from '../../rig/workbench.ts'

/** A store that two runs share, each with one slot, of the same steps. */
async function twoRuns(steps: Readonly<Record<string, ControlledStep>>) {
  const { run, path, store } = await createWorkbench()
  const begin = (jobDir: string) => {
    const control = createControl()
    const running = run(controlledPipeline(control, steps), { jobDir: path(jobDir), concurrency: 1 })
    return { control, running }
  }
  return { begin, heldActions: () => store.leases.held('action:').length }
}

const plain = { stage: 'plain' }

describe('the lease on an action', () => {
  it('is taken with the slot: a hundred steps that are ready hold as many as are executed', async () => {
    const { run, store } = await createWorkbench()
    const control = createControl()
    const names = Array.from({ length: 100 }, (_, index) => `step${index}`)
    const steps = Object.fromEntries(names.map((name) => [name, plain]))
    const running = run(controlledPipeline(control, steps), { concurrency: 2 })
    const held = () => store.leases.held('action:').length
    for (let left = names.length; left > 0; left--) {
      const executed = Math.min(2, left)
      // The step that was finished last has its lease until its result is written down.
      while (control.running.length < executed || held() !== executed) await settle()
      expect(control.running).toHaveLength(executed)
      expect(held()).toBe(executed)
      const [name = ''] = control.running
      ;(await control.invoked(name)).finish()
    }
    expect((await running).executed).toHaveLength(100)
    expect(held()).toBe(0)
  })

  it('is waited for without the slot, in which another step is executed meanwhile', async () => {
    const { begin, heldActions } = await twoRuns({ x: plain, y: plain })
    const one = begin('one')
    const x = await one.control.invoked('x')
    const two = begin('two')
    const y = await two.control.invoked('y')
    expect(heldActions()).toBe(2)
    x.finish()
    y.finish()
    const ends = await Promise.all([one.running, two.running])
    expect(ends.map(({ executed }) => executed)).toEqual([['x'], ['y']])
    expect(ends.map(({ cached }) => cached)).toEqual([['y'], ['x']])
    expect(ends[1]?.of('stage_log').map(({ line }) => line)).toEqual([
      expect.stringContaining('waiting for the same step in another run'),
    ])
    expect(heldActions()).toBe(0)
  })

  it('is got after a run that has failed, and then the step is executed', async () => {
    const { begin } = await twoRuns({ x: plain })
    const one = begin('one')
    const failing = await one.control.invoked('x')
    const two = begin('two')
    await settle()
    failing.fail('not here')
    ;(await two.control.invoked('x')).finish()
    expect((await one.running).result.failedSteps).toEqual(['x'])
    expect((await two.running).executed).toEqual(['x'])
  })

  it('is waited for no longer when the run is cancelled', async () => {
    const { run, path } = await createWorkbench()
    const [mine, other] = [createControl(), createControl()]
    const executing = run(controlledPipeline(other, { x: plain }), { jobDir: path('other') })
    const x = await other.invoked('x')
    const cancel = new AbortController()
    const waiting = run(controlledPipeline(mine, { x: plain }), { signal: cancel.signal })
    await settle()
    cancel.abort()
    const { result, events } = await waiting
    expect(result.status).toBe('cancelled')
    expect(events.filter(({ event }) => event === 'stage_running')).toEqual([])
    x.finish()
    expect((await executing).executed).toEqual(['x'])
  })

  it('finds what another run has made while the step waited for its slot', async () => {
    const { begin } = await twoRuns({ x: plain, y: plain })
    const one = begin('one')
    const x = await one.control.invoked('x')
    const two = begin('two')
    ;(await two.control.invoked('y')).finish()
    await settle()
    x.finish()
    const ends = await Promise.all([one.running, two.running])
    expect(ends.map(({ executed, cached }) => [executed, cached])).toEqual([
      [['x'], ['y']],
      [['y'], ['x']],
    ])
    expect(ends[0]?.of('stage_log')).toEqual([])
  })
})
