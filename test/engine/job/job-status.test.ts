import { writeFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { buildGraph, definePipeline, defineStage, json } from '../../../src/core/index.ts'
import { jobStatus } from '../../../src/engine/index.ts'
import { createWorkbench } from '../../rig/workbench.ts'

const write = defineStage({
  name: 'write',
  version: 1,
  inputs: {},
  params: z.object({}),
  outputs: { text: 'text.txt' },
  run: ({ outputs }) => writeFileSync(outputs.text, '0123456789'),
})
const refuse = defineStage({
  name: 'refuse',
  version: 1,
  inputs: { text: 'file' },
  params: z.object({}),
  outputs: { text: 'text.txt' },
  run: ({ fail }) => fail('not today'),
})
const finish = defineStage({ ...refuse, name: 'finish' })
const pipeline = definePipeline({
  name: 'refusing',
  inputs: {},
  params: z.object({}),
  build({ step }) {
    const { text } = step(write, {})
    return step(finish, { text: step(refuse, { text }).text })
  },
})

async function bench() {
  const { run, store, jobDir } = await createWorkbench()
  const graph = buildGraph(pipeline, {})
  if (!graph.ok) throw new Error('the graph is right')
  await run(pipeline)
  const status = async () => {
    const read = await jobStatus(jobDir, { estimate: { graph: graph.value, store } })
    if (!read.ok) throw new Error('the job is there')
    return read.value
  }
  return { store, status }
}

describe('a step that failed', () => {
  const params = z.object({ name: z.string(), fails: z.boolean() })
  const make = defineStage({
    name: 'make',
    version: 1,
    inputs: {},
    params,
    outputs: { text: 'text.txt' },
    run: ({ params, outputs, fail }) => (params.fails ? fail('not today') : writeFileSync(outputs.text, params.name)),
  })
  const making = definePipeline({
    name: 'making',
    inputs: {},
    params,
    build: ({ step, params }) => step(make, {}, { params }),
  })
  const stepOf = async (jobDir: string) => {
    const status = await jobStatus(jobDir)
    return status.ok ? status.value.steps[0] : undefined
  }

  it('has a duration and a number of attempts where it was executed, and none where it was not', async () => {
    const { run, jobDir } = await createWorkbench()
    await run(making, { params: { name: 'a', fails: true } })
    const executed = await stepOf(jobDir)
    expect(executed).toMatchObject({ state: 'failed', attempts: 1, durationMs: expect.any(Number) })
    await run(making, { params: { name: 'a', fails: false } })
    expect(await stepOf(jobDir)).toMatchObject({ state: 'done' })
    await run(making, { params: { name: 'b', fails: false }, failOnMiss: true })
    const missed = await stepOf(jobDir)
    expect(missed).toMatchObject({ state: 'failed' })
    expect(missed).not.toHaveProperty('durationMs')
    expect(missed).not.toHaveProperty('attempts')
  })
})

describe('a step that an earlier run left', () => {
  const list = defineStage({
    name: 'list',
    version: 1,
    inputs: {},
    params: z.object({ words: z.array(z.string()) }),
    outputs: { words: json(z.array(z.string())) },
    run: ({ params: { words } }) => ({ words }),
  })
  const say = defineStage({
    name: 'say',
    version: 1,
    inputs: { word: json(z.string()) },
    params: z.object({}),
    outputs: { said: json(z.string()) },
    run: ({ inputs }) => ({ said: `${inputs.word}!` }),
  })
  const mark = defineStage({
    name: 'mark',
    version: 1,
    inputs: {},
    params: z.object({ as: z.string() }),
    outputs: { as: json(z.string()) },
    run: ({ params: { as } }) => ({ as }),
  })
  const params = z.object({ words: z.array(z.string()), marks: z.array(z.string()) })
  const saying = definePipeline({
    name: 'saying',
    inputs: {},
    params,
    build({ step, each, params: { words: wanted, marks } }) {
      const { words } = step(list, {}, { params: { words: wanted } })
      each(marks, (as) => step(mark, {}, { params: { as } }))
      return each(words, (word) => step(say, { word }))
    },
  })
  const bench = async () => {
    const { run, jobDir } = await createWorkbench()
    const stepsAfter = async (words: string, marks: string, selection: object = {}) => {
      const params = { words: words.split(''), marks: marks.split('') }
      await run(saying, { params, ...selection })
      const graph = buildGraph(saying, params)
      const status = await jobStatus(jobDir, { steps: graph.ok ? graph.value.steps.map(({ id }) => id) : [] })
      return status.ok ? status.value.steps.map(({ step }) => step).sort() : []
    }
    return { stepsAfter }
  }

  it('is not told of where its list has lost the item', async () => {
    const { stepsAfter } = await bench()
    expect(await stepsAfter('ab', 'x')).toEqual(['list', 'mark/x', 'say/a', 'say/b'])
    expect(await stepsAfter('a', 'x')).toEqual(['list', 'mark/x', 'say/a'])
    expect(await stepsAfter('', 'x')).toEqual(['list', 'mark/x'])
    expect(await stepsAfter('ab', 'y')).toEqual(['list', 'mark/y', 'say/a', 'say/b'])
  })

  it('is told of where the last run did not come to it', async () => {
    const { stepsAfter } = await bench()
    await stepsAfter('ab', 'xy')
    expect(await stepsAfter('ab', 'xy', { selection: { steps: ['list', 'mark/x'] } })).toEqual([
      'list',
      'mark/x',
      'mark/y',
      'say/a',
      'say/b',
    ])
  })
})

describe('what is left of a job', () => {
  it('takes an unknown time where no stage of it has a history', async () => {
    const { status } = await bench()
    const { state, steps, left } = await status()
    expect(state).toBe('failed')
    expect(steps.map(({ step, state }) => [step, state])).toEqual([
      ['write', 'done'],
      ['refuse', 'failed'],
      ['finish', 'not-yet'],
    ])
    expect(left).toEqual({ steps: 2, durationMs: 0, unknown: ['refuse', 'finish'] })
  })

  it('is the sum of a chain, scaled by the bytes of inputs that are there', async () => {
    const { status, store } = await bench()
    store.ledger.durations.record('refuse', 'cpu', { durationMs: 1000, inputBytes: 5 })
    expect((await status()).left).toEqual({ steps: 2, durationMs: 2000, unknown: ['finish'] })
    store.ledger.durations.record('finish', 'cpu', { durationMs: 300, inputBytes: 5 })
    const { steps, left } = await status()
    expect(left).toEqual({ steps: 2, durationMs: 2300, unknown: [] })
    expect(steps.map(({ leftMs }) => leftMs)).toEqual([undefined, 2000, 300])
  })
})

it('tells of items of a fan-out whose names are those of files in a step', async () => {
  const { run, jobDir } = await createWorkbench()
  const names = ['manifest.json', 'stage.log', '..', '.work']
  const each = definePipeline({
    name: 'each',
    inputs: {},
    params: z.object({}),
    build: ({ step, each }) => each(names, () => step(write, {})),
  })
  expect((await run(each)).result.status).toBe('completed')
  const status = await jobStatus(jobDir)
  expect(status.ok && status.value.steps.map(({ step, state }) => [step, state])).toEqual(
    names.map((name) => [`write/${name}`, 'done']),
  )
})
