import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { buildGraph, definePipeline, defineStage, json, many, validateGraph } from '../../../src/core/index.ts'

const make = defineStage({
  name: 'make',
  version: 1,
  inputs: { source: 'file' },
  params: z.object({ rate: z.number().default(8) }),
  outputs: { text: 'text.txt', list: json(z.array(z.string())) },
  run: () => ({ list: [] }),
})
const use = defineStage({
  name: 'use',
  version: 1,
  inputs: { texts: many({ kind: 'file', arity: 'one' }) },
  params: z.object({}),
  outputs: { all: 'all.txt' },
  run() {},
})
const one = defineStage({
  name: 'one',
  version: 1,
  inputs: { item: json(z.string()) },
  params: z.object({}),
  outputs: { text: 'one.txt' },
  run() {},
})

const fan = definePipeline({
  name: 'fan',
  inputs: { source: 'file' },
  params: z.object({ to: z.array(z.string()).default([]) }),
  example: { to: ['es'] },
  build({ step, each, inputs, params }) {
    const texts = each(params.to, () => step(make, { source: inputs.source }))
    return step(use, { texts: texts.text })
  },
})

describe('building a graph', () => {
  it('fills in defaults, and names the items of a fan-out', () => {
    const graph = buildGraph(fan, { to: ['es', 'fr/ca'] })
    if (!graph.ok) throw new Error('no graph')
    expect(graph.value.steps.map(({ id, name }) => [id, name])).toEqual([
      ['make/es', 'make'],
      ['make/fr%2Fca', 'make'],
      ['use', 'use'],
    ])
    expect(graph.value.steps[0]?.params).toEqual({ rate: 8 })
  })

  it('keeps the order of the directories when a fan-out is empty', () => {
    const graph = buildGraph(fan, {})
    expect(graph.ok && graph.value.order).toEqual(['make', 'use'])
    expect(graph.ok && graph.value.steps.map(({ id }) => id)).toEqual(['use'])
  })

  it('refuses unknown and wrong params, and says which', () => {
    const unknown = buildGraph(fan, { tow: ['es'] })
    expect(unknown.ok ? [] : unknown.error).toEqual([
      { where: 'tow', message: "unknown param: did you mean 'to'? (valid: to)" },
    ])
    const wrong = buildGraph(fan, { to: [3] })
    expect(wrong.ok ? [] : wrong.error.map(({ where }) => where)).toEqual(['to.0'])
  })

  it('finds steps of one id', () => {
    const twice = definePipeline({
      name: 'twice',
      inputs: { source: 'file' },
      params: z.object({}),
      build({ step, inputs }) {
        step(make, { source: inputs.source })
        return step(make, { source: inputs.source })
      },
    })
    const graph = buildGraph(twice, {})
    expect(graph.ok ? [] : graph.error).toEqual([
      { where: 'step make', message: "there are two steps with the id 'make'; give one of them another id" },
    ])
  })

  it('expresses a fan-out over a list that a step computes', () => {
    const computed = definePipeline({
      name: 'computed',
      inputs: { source: 'file' },
      params: z.object({}),
      build({ step, each, inputs }) {
        const { list } = step(make, { source: inputs.source })
        const texts = each(list, (item) => step(one, { item }))
        return step(use, { texts: texts.text })
      },
    })
    const graph = buildGraph(computed, {})
    if (!graph.ok) throw new Error('no graph')
    expect(graph.value.steps.map(({ id, each }) => [id, each])).toEqual([
      ['make', undefined],
      ['one/*', 'each-1'],
      ['use', undefined],
    ])
  })
})

describe('validating a graph made by hand', () => {
  const base = { pipeline: 'p', params: {}, inputs: {}, order: ['a', 'b'], eaches: {}, outputs: {} }
  const step = (id: string, upstream: string, output = 'text') =>
    ({
      id,
      name: id,
      stage: make,
      params: {},
      bindings: { source: { arity: 'one', kind: 'file', source: { from: 'step', step: upstream, output } } },
    }) as const

  it('names the trail of a cycle', () => {
    const checked = validateGraph({ ...base, steps: [step('a', 'b'), step('b', 'a')] })
    expect(checked.ok ? [] : checked.error).toEqual([{ where: 'step a', message: 'it needs itself: a -> b -> a' }])
  })

  it('names unknown steps and outputs, with the nearest', () => {
    const checked = validateGraph({ ...base, steps: [step('a', 'bb'), step('b', 'a', 'texd')] })
    expect(checked.ok ? [] : checked.error.map(({ message }) => message)).toEqual([
      "unknown step 'bb': did you mean 'b'? (valid: a, b)",
      "the step 'a': unknown output 'texd': did you mean 'text'? (valid: text, list)",
    ])
  })

  it('names parts of steps that are not there, or that are parts themselves', () => {
    const source = { arity: 'one', kind: 'file', source: { from: 'input', input: 'film' } } as const
    const steps = [
      { ...step('a', 'a'), bindings: { source } },
      { ...step('b', 'a'), bindings: { source } },
    ]
    const inputs = { film: { kind: 'file', arity: 'one' } } as const
    const problems = (parts: Record<string, string>) => {
      const checked = validateGraph({ ...base, inputs, steps, parts })
      return checked.ok ? [] : checked.error
    }
    expect(problems({ a: 'b' })).toEqual([])
    expect(problems({ a: 'bb' })).toEqual([
      { where: 'step a', message: "its 'partOf' names an unknown step 'bb': did you mean 'b'? (valid: a, b)" },
    ])
    expect(problems({ a: 'b', b: 'b' })).toHaveLength(2)
  })

  it('names inputs that are not wired, wired to another kind, or unknown', () => {
    const wrong = {
      ...step('b', 'a', 'list'),
      bindings: { sauce: { arity: 'one', kind: 'json', source: { from: 'step', step: 'a', output: 'list' } } },
    } as const
    const checked = validateGraph({
      ...base,
      inputs: { film: { kind: 'file', arity: 'one' } },
      steps: [
        {
          ...step('a', 'a'),
          bindings: { source: { arity: 'one', kind: 'tree', source: { from: 'input', input: 'film' } } },
        },
        wrong,
      ],
    })
    expect(checked.ok ? [] : checked.error.map(({ message }) => message)).toEqual([
      "its input 'source' takes a file, but is wired to a tree",
      "its input 'source' is not wired",
      "unknown input 'sauce': did you mean 'source'? (valid: source)",
    ])
  })
})

describe('a stage and a pipeline without inputs and params', () => {
  const tick = defineStage({ name: 'tick', version: 1, outputs: { n: json(z.number()) }, run: () => ({ n: 1 }) })
  const ticks = definePipeline({ name: 'ticks', build: ({ step }) => step(tick, {}) })

  it('have none, and name what they are given', () => {
    expect(buildGraph(ticks, {})).toMatchObject({
      ok: true,
      value: { inputs: {}, params: {}, steps: [{ params: {} }] },
    })
    expect(buildGraph(ticks, { times: 2 })).toEqual({
      ok: false,
      error: [{ where: 'times', message: 'unknown param (valid: none)' }],
    })
  })
})
