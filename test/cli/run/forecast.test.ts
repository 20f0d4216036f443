import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { forecastLines } from '../../../src/cli/run/forecast.ts'
import { definePipeline, defineStage, json } from '../../../src/core/index.ts'
import { planRun, type RunRequest } from '../../../src/engine/index.ts'
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
    const plan = await planRun({ pipeline, inputs: {}, jobDir, store, device: 'cpu', ...request })
    return plan.ok ? forecastLines(plan.value, plainStyle).at(-1) : plan.error
  }
  return { run, predict }
}

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
