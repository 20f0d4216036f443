import { expect, it } from 'vitest'
import { z } from 'zod'
import {
  type ArtifactRef,
  buildGraph,
  definePipeline,
  defineStage,
  json,
  many,
  optional,
} from '../../../src/core/index.ts'
import { planRun } from '../../../src/engine/index.ts'
import { CriticalPath } from '../../../src/engine/schedule/critical-path.ts'
import { FailFast } from '../../../src/engine/schedule/fail-fast.ts'
import { Scheduler } from '../../../src/engine/schedule/scheduler.ts'
import { createWorkbench } from '../../rig/workbench.ts'

const count = 10_000
const one = defineStage({
  name: 'one',
  version: 1,
  inputs: { before: optional(json(z.number())) },
  params: z.object({ n: z.number() }),
  outputs: { value: json(z.number()) },
  run: ({ params }) => ({ value: params.n }),
})
const gather = defineStage({
  name: 'gather',
  version: 1,
  inputs: { all: many(json(z.number())) },
  params: z.object({}),
  outputs: { count: json(z.number()) },
  run: ({ inputs }) => ({ count: inputs.all.length }),
})
const numbers = Array.from({ length: count }, (_, n) => n)
const chain = definePipeline({
  name: 'chain',
  inputs: {},
  params: z.object({}),
  build({ step }) {
    let before: ArtifactRef<'json', number> | undefined
    for (const n of numbers) before = step(one, { before }, { id: `s${n}`, params: { n } }).value
    return before === undefined ? {} : { last: before }
  },
})
const wide = definePipeline({
  name: 'wide',
  inputs: {},
  params: z.object({}),
  build: ({ step, each }) => step(gather, { all: each(numbers, (n) => step(one, {}, { params: { n } })).value }),
})

it.each([
  [chain, count],
  [wide, count + 1],
])(
  'plans ten thousand steps, one after the other or side by side, without running out of stack',
  async (pipeline, steps) => {
    const { jobDir, store } = await createWorkbench()
    const plan = await planRun({ pipeline, inputs: {}, jobDir, store, device: 'cpu' })
    expect(plan.ok && plan.value.length).toBe(steps)
  },
)

it('knows the longest chain from the first of ten thousand steps', async () => {
  const { store } = await createWorkbench()
  const graph = buildGraph(chain, {})
  if (!graph.ok) throw new Error('the graph is right')
  const [first] = graph.value.steps
  if (first === undefined) throw new Error('there are steps')
  expect(new CriticalPath(graph.value, store.ledger.durations, 'cpu').lengthFrom(first, 0)).toBe(count)
})

it.each([chain, wide])('is cancelled among ten thousand steps that wait for nothing', async (pipeline) => {
  const graph = buildGraph(pipeline, {})
  if (!graph.ok) throw new Error('the graph is right')
  const controller = new AbortController()
  const context = {
    graph: graph.value,
    signal: controller.signal,
    emit: () => {},
    failFast: new FailFast(false, graph.value),
  }
  const result = { outputs: {}, durationMs: 0, device: 'cpu', tools: {}, producedAt: '' }
  const scheduler = new Scheduler(context, new Map(), {
    entriesOf: async () => [],
    needed: new Set(graph.value.steps.map(({ id }) => id)),
    prepare: (step) => ({ ok: true, value: step }),
    perform: () => ({ outcome: { kind: 'cached', key: '', result }, outputs: {} }),
  })
  setImmediate(() => controller.abort())
  await scheduler.run()
  const kinds = [...scheduler.outcomes.values()].map(({ kind }) => kind)
  expect(kinds).toContain('cached')
  expect(kinds.filter((kind) => kind === 'cached').length).toBeLessThan(count / 2)
  expect(kinds).toContain('cancelled')
})
