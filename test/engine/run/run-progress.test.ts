import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { z } from 'zod'
import {
  buildGraph,
  definePipeline,
  defineStage,
  type EventBody,
  type EventOf,
  json,
  type Outcome,
} from '../../../src/core/index.ts'
import { ProgressThrottle } from '../../../src/engine/events/progress-throttle.ts'
import { RunEstimate } from '../../../src/engine/schedule/run-estimate.ts'
import { controlledPipeline, createControl } from '../../rig/controlled-stage.ts'
import { onePlainStep } from '../../rig/plain-stages.ts'
import { createWorkbench } from '../../rig/workbench.ts'

type Progress = EventOf<'pipeline_progress'>

/** Hands out the events of a run's progress as they come. */
function progressOf() {
  const heard: Progress[] = []
  const waiting: ((event: Progress) => void)[] = []
  return {
    onEvent: (event: { readonly event: string }) => {
      if (event.event !== 'pipeline_progress') return
      const next = waiting.shift()
      if (next === undefined) heard.push(event as Progress)
      else next(event as Progress)
    },
    next: () => {
      const event = heard.shift()
      return event === undefined ? new Promise<Progress>((resolve) => waiting.push(resolve)) : Promise.resolve(event)
    },
  }
}

describe("a run's progress", () => {
  it('says that nothing is known where no stage has a history, and does not guess', async () => {
    const { run } = await createWorkbench()
    const control = createControl()
    const progress = progressOf()
    const running = run(controlledPipeline(control, { a: {}, b: { after: ['a'] } }), { onEvent: progress.onEvent })
    const a = await control.invoked('a')
    const { ts, run: _run, job, ...first } = await progress.next()
    expect(first).toEqual({
      event: 'pipeline_progress',
      steps_done: 0,
      steps_left: 2,
      steps_unknown: 2,
      running: [{ stage: 'a' }],
    })
    a.finish()
    const b = await control.invoked('b')
    const second = await progress.next()
    expect(second).toMatchObject({ steps_done: 1, steps_left: 1, running: [{ stage: 'b' }] })
    b.finish()
    await running
  })

  it('judges by how long the stages took before, step by step and for the longest chain', async () => {
    vi.useFakeTimers({ toFake: ['Date'] })
    onTestFinished(() => void vi.useRealTimers())
    const { run, store } = await createWorkbench()
    store.ledger.durations.record('known', 'cpu', { durationMs: 60_000, inputBytes: 0 })
    const control = createControl()
    const progress = progressOf()
    const steps = { a: { stage: 'known' }, b: { after: ['a'], stage: 'known' }, slow: { pool: 'io' } }
    const running = run(controlledPipeline(control, steps), { onEvent: progress.onEvent, concurrency: 4 })
    const [a, slow] = [await control.invoked('a'), await control.invoked('slow')]
    const first = await progress.next()
    expect(first).toMatchObject({ steps_left: 3, steps_unknown: 1 })
    expect(first.left_ms).toBe(120_000)
    const leftOf = (stage: string) => first.running.find((step) => step.stage === stage)
    expect(leftOf('slow')).toEqual({ stage: 'slow' })
    expect(leftOf('a')?.left_ms).toBe(60_000)
    for (const step of [a, slow]) step.finish()
    const b = await control.invoked('b')
    b.finish()
    await running
  })

  it('counts a step no more, once it has turned out to have its result', async () => {
    const { run, store } = await createWorkbench()
    const control = createControl()
    const steps = { a: {}, b: {} }
    const pipeline = controlledPipeline(control, steps)
    const begun = run(pipeline)
    for (const name of ['a', 'b']) (await control.invoked(name)).finish()
    const { outcomes } = (await begun).result
    const graph = buildGraph(pipeline, {})
    if (!graph.ok) throw new Error('the graph is right')
    const soFar = new Map<string, Outcome>()
    const told: EventBody[] = []
    const waiting: (() => void)[] = []
    const estimate = new RunEstimate({
      graph: graph.value,
      store,
      device: 'cpu',
      inputs: {},
      needed: new Set(['a', 'b']),
      outcomes: soFar,
      emit: (body) => {
        told.push(body)
        waiting.shift()?.()
      },
    })
    onTestFinished(() => estimate.close())
    const next = () => new Promise<void>((resolve) => waiting.push(resolve))
    const base = { ts: new Date().toISOString(), run: 'r', job: '/job' }
    const first = next()
    estimate.onEvent({ ...base, event: 'stage_running', stage: 'a', key: 'k', device: 'cpu', attempt: 1 })
    await first
    const second = next()
    const done = outcomes.get('b')
    if (done !== undefined) soFar.set('b', done)
    estimate.onEvent({ ...base, event: 'stage_skipped', stage: 'b', because: 'cached' })
    await second
    expect(told).toMatchObject([
      { steps_done: 0, steps_left: 2 },
      { steps_done: 1, steps_left: 1 },
    ])
  })

  it('is not told in a run with hits alone', async () => {
    const { run } = await createWorkbench()
    await run(onePlainStep)
    const again = await run(onePlainStep)
    expect(again.cached).toEqual(['echo'])
    expect(again.of('pipeline_progress')).toEqual([])
  })
})

describe("a step's progress", () => {
  const told = (fraction: number, stage = 'a'): EventBody => ({ event: 'stage_progress', stage, fraction })

  it('passes at once, and then no faster than can be seen, with the last of it before what follows', () => {
    const heard: EventBody[] = []
    const throttle = new ProgressThrottle((body) => void heard.push(body))
    for (let step = 0; step <= 1000; step++) throttle.onEvent(told(step / 1000))
    throttle.onEvent(told(0.5, 'b'))
    const done: EventBody = { event: 'stage_completed', stage: 'a', key: 'k', duration_ms: 1, recorded: true }
    throttle.onEvent(done)
    expect(heard).toEqual([told(0), told(0.5, 'b'), told(1), done])
  })

  it('is told of a flood by a stage in a handful of events', async () => {
    const { run } = await createWorkbench()
    const flood = defineStage({
      name: 'flood',
      version: 1,
      inputs: {},
      params: z.object({}),
      outputs: { value: json(z.number()) },
      run({ progress }) {
        for (let step = 0; step <= 100_000; step++) progress(step / 100_000, `${step}`)
        return { value: 1 }
      },
    })
    const pipeline = definePipeline({
      name: 'flood',
      inputs: {},
      params: z.object({}),
      build: ({ step }) => step(flood, {}),
    })
    const fractions = (await run(pipeline)).of('stage_progress').map(({ fraction }) => fraction)
    expect(fractions).toEqual([0, 1])
  })
})
