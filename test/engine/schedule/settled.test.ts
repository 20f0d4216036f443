import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { definePipeline, defineStage, file, json, many } from '../../../src/core/index.ts'
import { createWorkbench } from '../../rig/workbench.ts'

const item = defineStage({
  name: 'item',
  version: 1,
  inputs: {},
  params: z.object({ n: z.number(), bad: z.boolean() }),
  outputs: { text: 'text.txt', n: json(z.number()) },
  run({ params, outputs, fail }) {
    if (params.bad) fail(`${params.n} is bad`)
    writeFileSync(outputs.text, String(params.n))
    return { n: params.n }
  },
})
const double = defineStage({
  name: 'double',
  version: 1,
  inputs: { text: 'file' },
  params: z.object({}),
  outputs: { text: 'text.txt' },
  run: ({ inputs, outputs }) => writeFileSync(outputs.text, readFileSync(inputs.text, 'utf8').repeat(2)),
})
const Report = z.array(z.object({ item: z.string(), text: z.string().optional(), why: z.string().optional() }))
const report = defineStage({
  name: 'report',
  version: 1,
  inputs: { texts: many(file(), { settled: true }) },
  params: z.object({}),
  outputs: { report: json(Report) },
  run: ({ inputs }) => ({
    report: inputs.texts.map(({ item, value, failure }) =>
      failure === undefined
        ? { item, text: readFileSync(value, 'utf8') }
        : { item, why: `${failure.kind}: ${failure.message}` },
    ),
  }),
})
const sum = defineStage({
  name: 'sum',
  version: 1,
  inputs: { numbers: many(json(z.number()), { named: true }) },
  params: z.object({}),
  outputs: { sum: json(z.string()) },
  run: ({ inputs }) => ({ sum: inputs.numbers.map(({ item, value }) => `${item}=${value}`).join(' ') }),
})

const params = z.object({ numbers: z.array(z.number()).default([1, 2, 3]), bad: z.array(z.number()).default([2]) })
const reporting = definePipeline({
  name: 'reporting',
  inputs: {},
  params,
  build({ step, each, params: { numbers, bad } }) {
    const { text } = each(numbers, (n) => {
      const made = step(item, {}, { params: { n, bad: bad.includes(n) } })
      return step(double, { text: made.text })
    })
    return { text, ...step(report, { texts: text }) }
  },
})

describe('an input that gathers what items settle to', () => {
  const expected = [
    { item: '1', text: '11' },
    { item: '2', why: 'stage-failed: 2 is bad' },
    { item: '3', text: '33' },
  ]

  it.each([{ keepGoing: false }, { keepGoing: true }])(
    'learns which failed and why, and the run completes',
    async (how) => {
      const { run, jobDir } = await createWorkbench()
      const { result, of } = await run(reporting, how)
      expect(result.status).toBe('completed')
      expect(result.failure).toBeUndefined()
      expect(result.failedSteps).toEqual(['item/2'])
      expect(result.summary).toMatchObject({ executed: 5, failed: 1 })
      expect(result.outputs.report).toMatchObject({ value: expected })
      expect(result.outputs.text).toMatchObject([{ item: '1' }, { item: '3' }])
      expect(of('pipeline_completed')).toMatchObject([{ failed: ['item/2'] }])
      const manifest = JSON.parse(readFileSync(join(jobDir, '03_report', 'manifest.json'), 'utf8'))
      expect(manifest.input_artifacts.texts.digest).toMatchObject([
        ['1', expect.any(String)],
        ['2', { kind: 'stage-failed' }],
        ['3', expect.any(String)],
      ])
    },
  )

  it('is keyed by the names, the artifacts and the failures', async () => {
    const { run } = await createWorkbench()
    await run(reporting)
    const again = await run(reporting)
    expect(again.executed).toEqual(['item/2'])
    expect(again.cached).toEqual(['double/1', 'double/3', 'item/1', 'item/3', 'report'])
    const mended = await run(reporting, { params: { bad: [] } })
    expect(mended.executed).toEqual(['double/2', 'item/2', 'report'])
    expect(mended.result.failedSteps).toEqual([])
    const reordered = await run(reporting, { params: { bad: [], numbers: [3, 2, 1] } })
    expect(reordered.executed).toEqual(['report'])
  })

  it('runs with none that is there, and with none at all', async () => {
    const { run } = await createWorkbench()
    const none = await run(reporting, { params: { bad: [1, 2, 3] } })
    expect(none.result.outputs.report).toMatchObject({ value: [{ item: '1' }, { item: '2' }, { item: '3' }] })
    expect((await run(reporting, { params: { numbers: [] } })).result.outputs.report).toMatchObject({ value: [] })
  })

  it('is no answer to a failure that something else needs', async () => {
    const { run } = await createWorkbench()
    const both = definePipeline({
      ...reporting,
      name: 'both',
      build({ step, each, params: { numbers, bad } }) {
        const made = each(numbers, (n) => step(item, {}, { params: { n, bad: bad.includes(n) } }))
        return { ...step(report, { texts: made.text }), ...step(sum, { numbers: made.n }) }
      },
    })
    const { result, executed } = await run(both, { keepGoing: true })
    expect(result.status).toBe('failed')
    expect(result.failedSteps).toEqual(['item/2'])
    expect(executed).toContain('report')
    expect(executed).not.toContain('sum')
  })

  it('learns of what fails in fan-outs inside others, and over lists that steps compute', async () => {
    const { run } = await createWorkbench()
    const Item = z.object({ id: z.string(), list: z.array(z.number()).nullable() })
    const lists = defineStage({
      name: 'lists',
      version: 1,
      inputs: {},
      params: z.object({}),
      outputs: { items: json(z.array(Item)) },
      run: () => ({
        items: [
          { id: 'a', list: [1, 2] },
          { id: 'b', list: null },
        ],
      }),
    })
    const numbers = defineStage({
      name: 'numbers',
      version: 1,
      inputs: { item: json(Item) },
      params: z.object({}),
      outputs: { list: json(z.array(z.number())) },
      run: ({ inputs, fail }) => ({ list: inputs.item.list ?? fail('it has no list') }),
    })
    const write = defineStage({
      name: 'write',
      version: 1,
      inputs: { n: json(z.number()) },
      params: z.object({}),
      outputs: { text: 'text.txt' },
      run({ inputs, outputs, fail }) {
        if (inputs.n === 2) fail('2 is bad')
        writeFileSync(outputs.text, String(inputs.n))
      },
    })
    const nested = definePipeline({
      name: 'nested',
      inputs: {},
      params: z.object({}),
      build({ step, each }) {
        const { items } = step(lists, {})
        const { text } = each(items, (item) => {
          const { list } = step(numbers, { item })
          return each(list, (n) => step(write, { n }))
        })
        return step(report, { texts: text })
      },
    })
    const { result } = await run(nested)
    expect(result.outputs.report).toMatchObject({
      value: [
        { item: 'a/1', text: '1' },
        { item: 'a/2', why: 'stage-failed: 2 is bad' },
        { item: 'b', why: 'stage-failed: it has no list' },
      ],
    })
  })
})

describe('an input that gathers with names', () => {
  it('is given them, and is keyed by them', async () => {
    const { run } = await createWorkbench()
    const naming = definePipeline({
      name: 'naming',
      inputs: {},
      params: z.object({ names: z.array(z.string()).default(['a', 'b']) }),
      build({ step, each, params: { names } }) {
        const { n } = each(names, (name) => step(item, {}, { params: { n: 1, bad: false }, id: name }))
        return { n, ...step(sum, { numbers: n }) }
      },
    })
    const { result } = await run(naming)
    expect(result.outputs).toMatchObject({ sum: { value: 'a=1 b=1' }, n: [{ item: 'a' }, { item: 'b' }] })
    expect((await run(naming, { params: { names: ['a', 'c'] } })).executed).toEqual(['sum'])
  })
})

describe('what a fan-out has made where an item failed', () => {
  it('is in the outputs of the run', async () => {
    const { run } = await createWorkbench()
    const fan = definePipeline({
      name: 'fan',
      inputs: {},
      params: z.object({}),
      build: ({ step, each }) => each([1, 2, 3], (n) => step(item, {}, { params: { n, bad: n === 2 } })),
    })
    const { result } = await run(fan, { keepGoing: true })
    expect(result.status).toBe('failed')
    expect(result.outputs.n).toMatchObject([
      { item: '1', value: 1 },
      { item: '3', value: 3 },
    ])
  })
})
