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
