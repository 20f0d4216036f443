import { describe, expect, it } from 'vitest'
import { buildGraph, definePipeline, defineStage, type StepStatus } from '../../../src/core/index.ts'
import { workLeft } from '../../../src/engine/schedule/work-left.ts'
import { createMemoryStore, type DurationSample } from '../../../store/index.ts'

const stage = defineStage({
  name: 'cut',
  version: 1,
  inputs: { film: 'file' },
  outputs: { film: 'film.mp4' },
  run: () => {},
})
const pipeline = definePipeline({
  name: 'cuts',
  inputs: { film: 'file' },
  build({ step, inputs }) {
    const first = step(stage, inputs, { id: 'first' })
    return step(stage, first, { id: 'second' })
  },
})

/** Returns the work that is left of the second step, and the steps whose outputs were measured for it. */
function left(before: readonly DurationSample[]) {
  const graph = buildGraph(pipeline, {})
  if (!graph.ok) throw new Error(JSON.stringify(graph.error))
  const asked: string[] = []
  const steps: StepStatus[] = [{ step: 'second', state: 'not-yet' }]
  const store = createMemoryStore()
  for (const sample of before) store.ledger.durations.record('cut', 'cpu', sample)
  const { left } = workLeft(steps, {
    graph: graph.value,
    store,
    device: 'cpu',
    inputs: { film: '/film.mp4' },
    outputBytes: (step) => {
      asked.push(step)
      return 2000
    },
    nowMs: 0,
  })
  return { left, asked }
}

describe('workLeft', () => {
  it('judges a step by how long its stage took for so many bytes', () => {
    const { left: work, asked } = left([{ durationMs: 100, inputBytes: 1000 }])
    expect(work).toEqual({ steps: 1, durationMs: 200, unknown: [] })
    expect(asked).toEqual(['first'])
  })

  it('looks at no file for a stage that has never run', () => {
    const { left: work, asked } = left([])
    expect(work).toEqual({ steps: 1, durationMs: 0, unknown: ['second'] })
    expect(asked).toEqual([])
  })
})
