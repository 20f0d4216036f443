import { writeFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import {
  constant,
  definePipeline,
  defineStage,
  json,
  many,
  optional,
  select,
  validate,
} from '../../../src/core/index.ts'
import { createWorkbench } from '../../rig/workbench.ts'

const Scene = z.object({ id: z.string(), title: z.string(), note: z.string().optional() })

const parse = defineStage({
  name: 'parse',
  version: 1,
  inputs: {},
  params: z.object({ text: z.string() }),
  outputs: { scenes: json(z.array(Scene)) },
  run: ({ params }) => ({
    scenes: params.text.split(' ').map((word) => {
      const [id = '', title = '', note] = word.split(':')
      return { id, title, ...(note === undefined ? {} : { note }) }
    }),
  }),
})
const picture = defineStage({
  name: 'picture',
  version: 1,
  inputs: { title: json(z.string()), note: optional(json(z.string())), style: json(z.object({ font: z.string() })) },
  params: z.object({}),
  outputs: { picture: 'picture.txt' },
  run: ({ inputs, outputs }) =>
    writeFileSync(outputs.picture, `${inputs.title} ${inputs.note ?? '-'} ${inputs.style.font}`),
})
const film = definePipeline({
  name: 'film',
  inputs: {},
  params: z.object({ text: z.string(), font: z.string().default('serif') }),
  build({ step, each, params }) {
    const { scenes } = step(parse, {}, { params: { text: params.text } })
    const style = constant({ font: params.font })
    return each(scenes, (scene) => {
      const title = select(scene, ({ title }) => title)
      const note = select(scene, ({ note }) => note)
      return { title, ...step(picture, { title, note, style }) }
    })
  },
})

describe('a part that is selected of a JSON artifact', () => {
  it('is keyed, and neither the rest of the artifact nor the function is', async () => {
    const { run } = await createWorkbench()
    const first = await run(film, { params: { text: 'a:One b:Two:loud' } })
    expect(first.result.failure).toBeUndefined()
    expect(first.executed).toEqual(['parse', 'picture/a', 'picture/b'])
    expect(first.result.outputs.title).toMatchObject([
      { value: 'One', item: 'a', path: '' },
      { value: 'Two', item: 'b', path: '' },
    ])
    const renamed = await run(film, { params: { text: 'c:One b:Two:quiet' } })
    expect(renamed.executed).toEqual(['parse', 'picture/b'])
    expect(renamed.cached).toEqual(['picture/c'])
  })

  it('may be absent, where an input is optional', async () => {
    const { run } = await createWorkbench()
    expect((await run(film, { params: { text: 'a:One' } })).result.status).toBe('completed')
    expect((await run(film, { params: { text: 'a:One:' } })).executed).toEqual(['parse', 'picture/a'])
  })

  it('is a list for a fan-out, and a condition', async () => {
    const { run } = await createWorkbench()
    const analyze = defineStage({
      name: 'analyze',
      version: 1,
      inputs: {},
      params: z.object({}),
      outputs: { plan: json(z.object({ words: z.array(z.string()), loud: z.boolean() })) },
      run: () => ({ plan: { words: ['a', 'b'], loud: false } }),
    })
    const say = defineStage({
      name: 'say',
      version: 1,
      inputs: { word: json(z.string()) },
      params: z.object({}),
      outputs: { said: json(z.string()) },
      run: ({ inputs }) => ({ said: inputs.word }),
    })
    const talk = definePipeline({
      name: 'talk',
      inputs: {},
      params: z.object({}),
      build({ step, each }) {
        const { plan } = step(analyze, {})
        const { said } = each(
          select(plan, ({ words }) => words),
          (word) => step(say, { word }),
        )
        const loud = step(say, { word: constant('!') }, { id: 'loud', when: select(plan, ({ loud }) => loud) })
        return { said, loud: loud.said }
      },
    })
    const { result } = await run(talk)
    expect(result.outputs.said).toMatchObject([{ value: 'a' }, { value: 'b' }])
    expect(result.outputs.loud).toBeUndefined()
  })

  it.each([
    ['a function that throws', () => JSON.parse('{'), 'stage-threw', 'in its select'],
    ['what is not JSON', () => new Map(), 'stage-failed', 'not JSON'],
    ['nothing for an input that is required', () => undefined, 'stage-failed', 'declare the input optional'],
  ])('fails the step with %s', async (_, choose, kind, message) => {
    const { run } = await createWorkbench()
    const wrong = definePipeline({
      name: 'wrong',
      inputs: {},
      params: z.object({}),
      build({ step }) {
        const { scenes } = step(parse, {}, { params: { text: 'a:One' } })
        return step(picture, { title: select(scenes, choose as () => string), style: constant({ font: 'serif' }) })
      },
    })
    const { result } = await run(wrong)
    expect(result.failedSteps).toEqual(['picture'])
    expect(result.failure).toMatchObject({ kind, step: 'picture', message: expect.stringContaining(message) })
  })
})

describe('a constant', () => {
  it('is keyed by its value', async () => {
    const { run } = await createWorkbench()
    await run(film, { params: { text: 'a:One' } })
    expect((await run(film, { params: { text: 'a:One', font: 'mono' } })).executed).toEqual(['picture/a'])
    expect((await run(film, { params: { text: 'a:One', font: 'serif' } })).executed).toEqual([])
  })

  it('must be JSON', () => {
    const count = defineStage({
      name: 'count',
      version: 1,
      inputs: { values: many(json()) },
      params: z.object({}),
      outputs: { count: json(z.number()) },
      run: ({ inputs }) => ({ count: inputs.values.length }),
    })
    const wrong = definePipeline({
      name: 'wrong',
      inputs: {},
      params: z.object({}),
      build: ({ step }) => step(count, { values: [constant(new Map())] }),
    })
    expect(validate(wrong)).toMatchObject([{ where: 'step count', message: expect.stringContaining('not JSON') }])
  })
})
