import { writeFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import {
  type AnyPipeline,
  definePipeline,
  defineStage,
  describeFailure,
  json,
  many,
  optional,
  select,
} from '../../../src/core/index.ts'
import { EventBus, type ListenerTrouble, startPipeline } from '../../../src/engine/index.ts'
import { onePlainStep } from '../../rig/plain-stages.ts'
import { createWorkbench } from '../../rig/workbench.ts'

const item = defineStage({
  name: 'item',
  version: 1,
  inputs: {},
  params: z.object({ n: z.number() }),
  outputs: { n: json(z.number()) },
  run({ params, fail }) {
    if (params.n === 2) fail('it is bad')
    return { n: params.n }
  },
})

describe('a program that runs a pipeline', () => {
  it('is told which step failed', async () => {
    const { run } = await createWorkbench()
    const fan = definePipeline({
      name: 'fan',
      inputs: {},
      params: z.object({}),
      build: ({ step, each }) => each([1, 2], (n) => step(item, {}, { params: { n } })),
    })
    const { result, of } = await run(fan)
    expect(result.failure && describeFailure(result.failure)).toBe('step item/2: it is bad')
    expect(of('stage_failed')).toMatchObject([{ stage: 'item/2', message: 'it is bad' }])
  })

  it('is told of its own listeners that throw, by its own handler too', async () => {
    const { run } = await createWorkbench()
    const heard: [ListenerTrouble['kind'], string][] = []
    const bus = new EventBus({
      onTrouble: (trouble, type) => {
        heard.push([trouble.kind, type])
        throw new Error('the handler is wrong, too')
      },
    })
    bus.on('pipeline_started', () => {
      throw new Error('the listener is wrong')
    })
    const { result, of } = await run(onePlainStep, { events: bus })
    expect(result.status).toBe('completed')
    expect(heard).toEqual([['failed', 'pipeline_started']])
    expect(of('pipeline_warning')).toMatchObject([{ message: expect.stringContaining('the listener is wrong') }])
  })

  it('says why it cancels, which the result, the events and the stage tell', async () => {
    const { store, jobDir } = await createWorkbench()
    let told: unknown
    const wait = defineStage({
      name: 'wait',
      version: 1,
      inputs: {},
      params: z.object({}),
      outputs: {},
      run: ({ signal, progress }) => {
        const cancelled = new Promise<void>((_, reject) => {
          signal.addEventListener('abort', () => {
            told = signal.reason
            reject(signal.reason)
          })
        })
        progress(0.1)
        return cancelled
      },
    })
    const waiting = definePipeline({
      name: 'waiting',
      inputs: {},
      params: z.object({}),
      build: ({ step }) => step(wait, {}),
    })
    const cancelled = async (...reason: [string?]) => {
      const handle = startPipeline({
        pipeline: waiting,
        inputs: {},
        jobDir,
        store,
        onEvent: ({ event }) => {
          if (event === 'stage_progress') handle.cancel(...reason)
        },
      })
      const result = await handle.result
      const events = []
      for await (const event of handle.events()) if (event.event === 'pipeline_cancelled') events.push(event)
      return { result, events }
    }
    const first = await cancelled('changed my mind')
    expect(first.result).toMatchObject({ status: 'cancelled', reason: 'changed my mind' })
    expect(first.events).toMatchObject([{ reason: 'changed my mind' }])
    expect(told).toMatchObject({ message: 'changed my mind' })
    const second = await cancelled()
    expect(second.result.reason).toBeUndefined()
    expect(second.events).toMatchObject([expect.not.objectContaining({ reason: expect.anything() })])
  })
})

describe('a JSON input of a pipeline', () => {
  const Rig = z.object({ groups: z.array(z.string()) })
  const use = defineStage({
    name: 'use',
    version: 1,
    inputs: { n: json(z.number()), rig: json(Rig), more: optional(json(Rig)) },
    params: z.object({}),
    outputs: { count: json(z.number()) },
    run: ({ inputs }) => ({ count: inputs.rig.groups.length }),
  })
  const lateOf = (rig: ReturnType<typeof json<z.infer<typeof Rig>>>) =>
    definePipeline({
      name: 'late',
      inputs: { rig, more: optional(json(Rig)) },
      params: z.object({}),
      build({ step, inputs }) {
        const { n } = step(item, {}, { params: { n: 1 } })
        return step(use, { n, ...inputs })
      },
    })

  it.each([
    ['the pipeline', json(Rig), 'does not match its schema: groups'],
    ['a stage that it is wired to', json<z.infer<typeof Rig>>(), "is not what the step 'use' takes as 'rig': groups"],
  ])('is checked by the schema of %s before anything runs', async (_, declaration, message) => {
    const { run, path } = await createWorkbench()
    writeFileSync(path('rig.json'), '{ "groups": "wrong" }')
    const { result, executed, events } = await run(lateOf(declaration), { inputs: { rig: path('rig.json') } })
    expect(executed).toEqual([])
    expect(events).toEqual([])
    expect(result.failure).toMatchObject({ kind: 'invalid', problems: [{ where: 'input rig' }] })
    expect(result.failure && describeFailure(result.failure)).toContain(message)
    writeFileSync(path('rig.json'), '{ "groups": ["a"] }')
    const right = await run(lateOf(declaration), { inputs: { rig: path('rig.json') } })
    expect(right.result.outputs.count).toMatchObject({ value: 1 })
    writeFileSync(path('more.json'), '[]')
    const more = await run(lateOf(declaration), { inputs: { rig: path('rig.json'), more: path('more.json') } })
    expect(more.result.failure).toMatchObject({ problems: [{ where: 'input more' }] })
  })

  const Group = z.object({ id: z.string(), size: z.number() })
  type Group = z.infer<typeof Group>
  const group = json(Group)
  const take = defineStage({
    name: 'take',
    version: 1,
    inputs: { n: json(z.number()), group },
    params: z.object({}),
    outputs: { size: json(z.number()) },
    run: ({ inputs }) => ({ size: inputs.group.size }),
  })
  const takeAll = defineStage({
    name: 'take-all',
    version: 1,
    inputs: { n: json(z.number()), groups: many(group) },
    params: z.object({}),
    outputs: { count: json(z.number()) },
    run: ({ inputs }) => ({ count: inputs.groups.length }),
  })
  const countFailed = defineStage({
    name: 'count-failed',
    version: 1,
    inputs: { sizes: many(json(z.number()), { settled: true }) },
    params: z.object({}),
    outputs: { failed: json(z.number()) },
    run: ({ inputs }) => ({ failed: inputs.sizes.filter(({ failure }) => failure !== undefined).length }),
  })
  const groups = json<readonly Group[]>()

  it.each([
    [
      'that a step gathers',
      "b.json is not what the step 'take-all' takes as 'groups': size",
      definePipeline({
        name: 'gathering',
        inputs: { all: many(json<Group>()) },
        params: z.object({}),
        build: ({ step, inputs }) => step(takeAll, { ...step(item, {}, { params: { n: 1 } }), groups: inputs.all }),
      }),
      (path: (name: string) => string) => ({ all: [path('a.json'), path('b.json')] }),
    ],
    [
      'that a fan-out is over',
      'element 1 of',
      definePipeline({
        name: 'fanning',
        inputs: { all: groups },
        params: z.object({}),
        build: ({ step, each, inputs }) => {
          const { n } = step(item, {}, { params: { n: 1 } })
          return each(inputs.all, (one) => step(take, { n, group: one }))
        },
      }),
      (path: (name: string) => string) => ({ all: path('both.json') }),
    ],
    [
      'of which a part is selected',
      "both.json is not what the step 'take' takes as 'group': size",
      definePipeline({
        name: 'selecting',
        inputs: { all: groups },
        params: z.object({}),
        build: ({ step, inputs }) =>
          step(take, {
            ...step(item, {}, { params: { n: 1 } }),
            group: select(inputs.all, (all) => all[1] ?? { id: '', size: 0 }),
          }),
      }),
      (path: (name: string) => string) => ({ all: path('both.json') }),
    ],
  ])('%s is checked before anything runs', async (_, message, pipeline: AnyPipeline, inputsAt) => {
    const { run, path } = await createWorkbench()
    const [a, b] = [{ id: 'a', size: 1 }, { id: 'b' }]
    writeFileSync(path('a.json'), JSON.stringify(a))
    writeFileSync(path('b.json'), JSON.stringify(b))
    writeFileSync(path('both.json'), JSON.stringify([a, b]))
    const { result, executed } = await run(pipeline, { inputs: inputsAt(path) })
    expect(executed).toEqual([])
    expect(result.failure && describeFailure(result.failure)).toContain(message)
  })

  it('is left to the steps whose failures another one deals with', async () => {
    const { run, path } = await createWorkbench()
    writeFileSync(path('both.json'), JSON.stringify([{ id: 'a', size: 1 }, { id: 'b' }]))
    const settling = definePipeline({
      name: 'settling',
      inputs: { all: groups },
      params: z.object({}),
      build: ({ step, each, inputs }) => {
        const { n } = step(item, {}, { params: { n: 1 } })
        return step(countFailed, { sizes: each(inputs.all, (one) => step(take, { n, group: one })).size })
      },
    })
    const { result } = await run(settling, { inputs: { all: path('both.json') } })
    expect(result).toMatchObject({ status: 'completed', outputs: { failed: { value: 1 } } })
  })
})
