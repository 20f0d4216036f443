import { readdirSync, writeFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { definePipeline, defineStage, file, json, many, tree } from '../../../src/core/index.ts'
import { createWorkbench } from '../../rig/workbench.ts'

const count = defineStage({
  name: 'count',
  version: 1,
  inputs: { texts: many(file()), folders: many(tree()), values: many(json(z.number())) },
  params: z.object({}),
  outputs: { found: json(z.array(z.number())) },
  run: ({ inputs }) => ({ found: [inputs.texts.length, inputs.folders.length, inputs.values.length] }),
})
const number = defineStage({
  name: 'number',
  version: 1,
  inputs: {},
  params: z.object({ of: z.number() }),
  outputs: { value: json(z.number()), text: 'text.txt' },
  run({ params, outputs }) {
    writeFileSync(outputs.text, String(params.of))
    return { value: params.of }
  },
})

describe('an input that gathers', () => {
  it('takes a list of no artifacts, whatever its kind', async () => {
    const { run } = await createWorkbench()
    const nothing = definePipeline({
      name: 'nothing',
      inputs: {},
      params: z.object({}),
      build: ({ step }) => step(count, { texts: [], folders: [], values: [] }),
    })
    const { result } = await run(nothing)
    expect(result.failure).toBeUndefined()
    expect(result.outputs.found).toMatchObject({ value: [0, 0, 0] })
  })

  it('keeps the order of a fan-out, and leaves out the artifacts of steps that were not taken', async () => {
    const { run, jobDir } = await createWorkbench()
    const odd = definePipeline({
      name: 'odd',
      inputs: {},
      params: z.object({ of: z.array(z.number()) }),
      build({ step, each, params }) {
        const made = each(params.of, (of) => step(number, {}, { id: 'number', params: { of }, when: of % 2 === 1 }))
        const { found } = step(count, { texts: made.text, folders: [], values: made.value })
        return { found, values: made.value }
      },
    })
    const { result } = await run(odd, { params: { of: [9, 2, 1, 5] } })
    expect(result.outputs.found).toMatchObject({ value: [3, 0, 3] })
    expect(result.outputs.values).toMatchObject([{ value: 9 }, { value: 1 }, { value: 5 }])
    expect(readdirSync(`${jobDir}/01_number`).sort()).toEqual(['1', '5', '9'])
  })
})
