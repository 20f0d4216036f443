import { writeFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { buildGraph, definePipeline, defineStage } from '../../src/core/index.ts'
import { jobStatus } from '../../src/engine/index.ts'
import { createWorkbench } from '../rig/workbench.ts'

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
    store.durations.record('refuse', 'cpu', { durationMs: 1000, inputBytes: 5 })
    expect((await status()).left).toEqual({ steps: 2, durationMs: 2000, unknown: ['finish'] })
    store.durations.record('finish', 'cpu', { durationMs: 300, inputBytes: 5 })
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
