import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { forecastJson, forecastLines } from '../../../src/cli/run/forecast.ts'
import { definePipeline, defineStage, json } from '../../../src/core/index.ts'
import { predictRun, type RunRequest } from '../../../src/engine/index.ts'
import { plainStyle } from '../../../src/report/text/style.ts'
import { createWorkbench } from '../../rig/workbench.ts'

const list = defineStage({
  name: 'list',
  version: 1,
  inputs: {},
  params: z.object({ items: z.array(z.string()) }),
  outputs: { items: json(z.array(z.string())) },
  run: ({ params }) => ({ items: [...params.items] }),
})
const pass = defineStage({
  name: 'pass',
  version: 1,
  inputs: { value: json(z.unknown()) },
  params: z.object({}),
  outputs: { value: json(z.unknown()) },
  run: ({ inputs }) => ({ value: inputs.value }),
})
const chain = definePipeline({
  name: 'chain',
  inputs: {},
  params: z.object({ items: z.array(z.string()).default(['a', 'b']) }),
  build({ step, params }) {
    const { items } = step(list, {}, { params })
    return step(pass, { value: step(pass, { value: items }).value }, { id: 'last' })
  },
})
const fan = definePipeline({
  name: 'fan',
  inputs: {},
  params: z.object({ items: z.array(z.string()).default(['a', 'b']) }),
  build({ step, each, params }) {
    const { items } = step(list, {}, { params })
    return each(items, (value) => step(pass, { value }))
  },
})

async function bench() {
  const { run, store, jobDir } = await createWorkbench()
  const predict = async (pipeline: RunRequest['pipeline'], request: Partial<RunRequest> = {}) => {
    const plan = await predictRun({ pipeline, inputs: {}, jobDir, store, device: 'cpu', ...request })
    if (!plan.ok) return plan.error
    return forecastLines(plan.value, plainStyle).at(-1)?.replace(/; .*/, '')
  }
  return { run, predict }
}

const sleepy = defineStage({
  name: 'sleepy',
  version: 1,
  inputs: {},
  params: z.object({ text: z.string() }),
  outputs: { text: json(z.string()) },
  run: ({ params }) => ({ text: params.text }),
})
const timed = definePipeline({
  name: 'timed',
  inputs: {},
  params: z.object({ first: z.string().default('a'), other: z.string().default('a') }),
  build({ step, params }) {
    const first = step(sleepy, {}, { id: 'first', params: { text: params.first } })
    step(sleepy, {}, { id: 'other', params: { text: params.other } })
    return step(pass, { value: first.text }, { id: 'last' })
  },
})

describe('about how long a run takes', () => {
  it('is told by what its stages took before, at least and at most, of each step and of all', async () => {
    const { run, store, jobDir } = await createWorkbench()
    const predict = async (params: object, concurrency = 1) => {
      const found = await predictRun({ pipeline: timed, inputs: {}, params, jobDir, store, device: 'cpu', concurrency })
      if (!found.ok) throw new Error(found.error.kind)
      return found.value
    }
    expect((await predict({})).time).toEqual({ leastMs: 0, mostMs: 0, unknown: ['first', 'other', 'last'], stepMs: {} })
    expect(forecastLines(await predict({}), plainStyle).at(-1)).toMatch(/, 0 hits; time unknown for 3 steps$/)
    await run(timed)
    for (let count = 0; count < 5; count++) {
      store.ledger.durations.record('sleepy', 'cpu', { durationMs: 60_000, inputBytes: 0 })
      store.ledger.durations.record('pass', 'cpu', { durationMs: 5000, inputBytes: 0 })
    }
    const times = async (params: object, concurrency: number) => {
      const { leastMs, mostMs, stepMs, unknown } = (await predict(params, concurrency)).time
      return [leastMs, mostMs, stepMs, unknown]
    }
    expect(await times({}, 1)).toEqual([0, 0, {}, []])
    expect(await times({ other: 'b' }, 1)).toEqual([60_000, 60_000, { other: 60_000 }, []])
    const all = { first: 60_000, other: 60_000, last: 5000 }
    expect(await times({ first: 'b', other: 'b' }, 1)).toEqual([120_000, 125_000, all, []])
    expect(await times({ first: 'b', other: 'b' }, 2)).toEqual([60_000, 65_000, all, []])
    const lines = forecastLines(await predict({ first: 'b' }), plainStyle)
    expect(lines.find((line) => line.startsWith('first'))).toMatch(/"a" -> "b", about 1m$/)
    expect(lines.at(-1)).toBe('would execute 1 to 2 of 3 steps, 1 hit; about 1m, at most 1m 5s')
    const json = forecastJson(await predict({ other: 'b' })).map((line): unknown => JSON.parse(line))
    expect(json).toMatchObject([{ kind: 'hit' }, { step: 'other', aboutMs: 60_000 }, { kind: 'hit' }, {}])
    expect(json.at(-1)).toEqual({ kind: 'time', leastMs: 60_000, mostMs: 60_000, unknown: [] })
  })
})

describe('a prediction', () => {
  it('says how many steps are executed at least and at most', async () => {
    const { run, predict } = await bench()
    expect(await predict(chain)).toBe('would execute 1 to 3 of 3 steps, 0 hits')
    expect(await predict(chain, { selection: { force: true } })).toBe('would execute 3 of 3 steps, 0 hits')
    expect(await predict(chain, { selection: { forceRerun: ['last'] } })).toBe(
      'would execute 2 to 3 of 3 steps, 0 hits',
    )
    await run(chain)
    expect(await predict(chain)).toBe('would execute 0 of 3 steps, 3 hits')
    expect(await predict(chain, { params: { items: [] } })).toBe('would execute 1 to 3 of 3 steps, 0 hits')
  })

  it('has no upper bound where a list is not known yet', async () => {
    const { run, predict } = await bench()
    expect(await predict(fan)).toBe('would execute at least 1 of 1 step, and items that a step has yet to list, 0 hits')
    await run(fan)
    expect(await predict(fan)).toBe('would execute 0 of 3 steps, 3 hits')
    expect(await predict(fan, { params: { items: ['a'] } })).toMatch(/^would execute at least 1 of 1 step, and items/)
  })

  it('leaves out what cannot run', async () => {
    const { predict } = await bench()
    expect(await predict(chain, { selection: { steps: ['last'] } })).toBe('would execute 0 of 3 steps, 0 hits')
  })
})
