import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { definePipeline, defineStage, json, many, pick, select } from '../../../src/core/index.ts'
import { createWorkbench } from '../../rig/workbench.ts'

const Call = z.object({ id: z.string(), lengthS: z.number() })

const find = defineStage({
  name: 'find',
  version: 1,
  inputs: {},
  params: z.object({ calls: z.array(Call) }),
  outputs: { calls: json(z.array(Call)) },
  run: ({ params }) => ({ calls: params.calls }),
})

const measure = defineStage({
  name: 'measure',
  version: 1,
  inputs: { call: json(Call) },
  params: z.object({}),
  outputs: { lengthS: json(z.number()) },
  run: ({ inputs }) => ({ lengthS: inputs.call.lengthS }),
})

const list = defineStage({
  name: 'list',
  version: 1,
  inputs: { lengths: many(json(z.number()), { named: true }), longest: many(json(z.number()), { settled: true }) },
  params: z.object({}),
  outputs: { lines: json(z.array(z.string())) },
  run: ({ inputs: { lengths, longest } }) => ({
    lines: [...lengths, ...longest].map(({ item, value }) => `${item}=${value}`),
  }),
})

const calls = definePipeline({
  name: 'calls',
  inputs: {},
  params: z.object({ calls: z.array(Call) }),
  build({ step, each, params }) {
    const found = step(find, {}, { params }).calls
    const { lengthS } = each(found, (call) => step(measure, { call }))
    const longest = pick(
      lengthS,
      select(found, (all) => all.slice(-1).map(({ id }) => id)),
    )
    return step(list, { lengths: lengthS, longest })
  },
})

async function listed(...found: readonly z.infer<typeof Call>[]) {
  const { run } = await createWorkbench()
  const { result, executed } = await run(calls, { params: { calls: found } })
  return { lines: result.outputs.lines, executed }
}

describe('the names of items that a stage is told, and that are picked by', () => {
  it('are what the elements call themselves, and not how their directories are called', async () => {
    const { lines, executed } = await listed(
      { id: 'B', lengthS: 1 },
      { id: 'b', lengthS: 2 },
      { id: 'sub/one: two', lengthS: 3 },
    )
    expect(lines).toMatchObject({ value: ['B=1', 'b=2', 'sub/one: two=3', 'sub/one: two=3'] })
    expect(executed).toContain('measure/sub%2Fone%3A two')
  })

  it('tell different elements apart that call themselves the same', async () => {
    const { lines } = await listed({ id: 'a', lengthS: 1 }, { id: 'a', lengthS: 2 }, { id: 'b', lengthS: 3 })
    expect(lines).toMatchObject({
      value: [expect.stringMatching(/^a~\w{12}=1$/), expect.stringMatching(/^a~\w{12}=2$/), 'b=3', 'b=3'],
    })
  })
})
