import { linkSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import {
  type AnyStage,
  definePipeline,
  defineStage,
  defineTool,
  describeFailure,
  json,
} from '../../../src/core/index.ts'
import { createWorkbench } from '../../rig/workbench.ts'

const plain = { name: 'plain', version: 1, inputs: {}, params: z.object({}), outputs: { text: 'text.txt' } } as const

/** Returns a pipeline of one step, whose stage has been defined without types. */
function pipelineOf(stage: AnyStage, params: object = {}) {
  return definePipeline({
    name: 'mistaken',
    inputs: {},
    params: z.object({}),
    build: ({ step }) => step(stage as never, {}, { params } as never),
  })
}

async function failureOf(stage: AnyStage, params?: object) {
  const { run } = await createWorkbench()
  return (await run(pipelineOf(stage, params))).result.failure
}

function shy(): Error {
  return Object.defineProperty(new Error('unseen'), 'message', {
    get: () => {
      throw new Error('leave me alone')
    },
  })
}

it.each([
  ['a directory where a file is declared', 'text.txt', 'text.txt is no file, but is declared as a file'],
  [
    'a file where a tree is declared',
    { kind: 'tree', path: 'texts' },
    'texts is no directory, but is declared as a tree',
  ],
] as const)('says that a stage wrote %s', async (_, text, message) => {
  const run = ({ outputs }: { outputs: { text: string } }) => {
    rmSync(outputs.text, { recursive: true, force: true })
    if (text === 'text.txt') mkdirSync(outputs.text)
    else writeFileSync(outputs.text, 'text')
  }
  const stage = defineStage({ ...plain, outputs: { text }, run } as never)
  expect(await failureOf(stage)).toMatchObject({ kind: 'output-invalid', message })
})

describe('whatever a stage throws fails its step', () => {
  it.each([
    ['null', null, 'null'],
    ['nothing', undefined, 'undefined'],
    ['an object', { code: 42 }, '{ code: 42 }'],
    ['an object without a prototype', Object.create(null), '[Object: null prototype] {}'],
    ['an error whose message is no text', Object.assign(new Error('text'), { message: 42 }), '42'],
    ['an error that cannot be looked at', shy(), 'an exception that cannot be shown'],
  ])('%s', async (_, thrown: unknown, message) => {
    const run = () => {
      throw thrown
    }
    expect(await failureOf(defineStage({ ...plain, run }))).toMatchObject({ kind: 'stage-threw', message })
  })

  it("and the author's own line is named, also where the runner threw", async () => {
    const own = await failureOf(
      defineStage({
        ...plain,
        run: () => {
          throw new Error('no')
        },
      }),
    )
    expect(own).toMatchObject({ kind: 'stage-threw', line: expect.stringMatching(/stage-mistakes\.test\.ts:\d+$/) })
    const text = own === undefined ? '' : describeFailure(own)
    expect(text).toMatch(/^step plain: the stage threw an exception: no\nthrown at \/.*stage-mistakes\.test\.ts:\d+$/)
    const tool = defineTool({ name: 'sh', command: 'sh', install: {}, version: { args: [], parse: () => '1' } })
    const undeclared = defineStage({ ...plain, run: async ({ exec }) => void (await exec(tool, [])) })
    expect(await failureOf(undeclared)).toMatchObject({
      message: expect.stringContaining("runs 'sh', which it does not declare"),
      line: expect.stringMatching(/stage-mistakes\.test\.ts:\d+$/),
    })
    expect(await failureOf(defineStage({ ...plain, run: () => Promise.reject('no error') }))).not.toHaveProperty('line')
  })
})

function nested(levels: number): unknown {
  let value: unknown = 1
  for (let level = 0; level < levels; level++) value = [value]
  return value
}

function containingItself(): unknown {
  const own: unknown[] = []
  own.push(own)
  return { own }
}

describe('a JSON output', () => {
  const returning = (value: unknown, declaration = json()) =>
    defineStage({ ...plain, outputs: { value: declaration }, run: () => ({ value }) })

  it.each([
    ['value', 'half \ud800', 'a text with half a character (a lone surrogate)'],
    ['value', { '\ud800': 1 }, 'an object with a name with half a character (a lone surrogate)'],
    ['value.0', Array(2), 'undefined in a list'],
    ['value', Number.NaN, 'NaN'],
    ['value.plan.1.id', { plan: [{ id: 1 }, { id: Number.NaN }] }, 'NaN'],
    ['value.max', { max: Number.POSITIVE_INFINITY }, 'Infinity'],
    ['value.at', { at: new Date(0) }, 'an object of the class Date'],
    ['value.at', { at: new Map() }, 'an object of the class Map'],
    ['value.count', { count: 10n }, 'a bigint'],
    ['value.call', { call: () => {} }, 'a function'],
    ['value.later', { later: Promise.resolve(1) }, 'a promise (an await is missing)'],
    ['value.own.0', containingItself(), 'an object that contains itself'],
    [`value${'.0'.repeat(17)}....`, nested(1001), 'nested more than 1000 deep'],
    [`value${'.0'.repeat(17)}....`, nested(100_000), 'nested more than 1000 deep'],
  ])('whose part %s cannot be JSON is told where and what that is', async (path, value, what) => {
    const message = `${path} is ${what}, which JSON cannot hold`
    expect(await failureOf(returning(value))).toMatchObject({ kind: 'output-invalid', message })
  })

  it('may be nested deeply', async () => {
    expect(await failureOf(returning(nested(1000)))).toBeUndefined()
  })

  it('whose schema throws, or takes its time, fails the step and ends nothing else', async () => {
    const throwing = z.string().transform((): string => {
      throw new Error('no')
    })
    for (const schema of [throwing, z.string().refine(async () => true)]) {
      expect(await failureOf(returning('text', json(schema)))).toMatchObject({
        kind: 'stage-threw',
        message: 'a schema of an artifact validates asynchronously, or throws',
      })
    }
  })

  it.each([
    ['a link', symlinkSync],
    ['another name of a file', linkSync],
    ['a folder', (_: string, path: string) => mkdirSync(path)],
  ])('takes the place of %s that the stage has put there, and writes through none', async (_, put) => {
    const { run, path } = await createWorkbench()
    writeFileSync(path('outside'), 'outside')
    const stage = defineStage({
      ...plain,
      outputs: { text: 'text.txt', value: json() },
      run: ({ outputs }) => {
        writeFileSync(outputs.text, 'text')
        put(path('outside'), join(dirname(outputs.text), 'value.json'))
        return { value: 1 }
      },
    })
    const { result } = await run(pipelineOf(stage))
    expect(result.outputs.value).toMatchObject({ value: 1 })
    expect(readFileSync(path('outside'), 'utf8')).toBe('outside')
  })
})

describe('an input', () => {
  it('whose schema throws fails the step, and not the run', async () => {
    const { run } = await createWorkbench()
    const made = defineStage({ ...plain, name: 'made', outputs: { value: json() }, run: () => ({ value: 'text' }) })
    const throwing = z.unknown().transform((): string => {
      throw new Error('no')
    })
    const read = defineStage({ ...plain, name: 'read', inputs: { value: json(throwing) }, run: () => {} })
    const pipeline = definePipeline({
      name: 'mistaken',
      inputs: {},
      params: z.object({}),
      build: ({ step }) => step(read, { value: step(made, {}).value as never }),
    })
    const { result } = await run(pipeline)
    expect(result.failure).toMatchObject({ kind: 'stage-threw', step: 'read' })
    expect(result.summary.executed).toBe(1)
  })

  it('of JSON that holds half a character is told of before anything runs', async () => {
    const { run, path } = await createWorkbench()
    writeFileSync(path('value.json'), '"\\ud800"')
    const pipeline = definePipeline({
      name: 'mistaken',
      inputs: { value: json() },
      params: z.object({}),
      build: ({ step, inputs }) => step(defineStage({ ...plain, inputs: { value: json() }, run: () => {} }), inputs),
    })
    const { result, events } = await run(pipeline, { inputs: { value: path('value.json') } })
    expect(result.failure).toMatchObject({
      kind: 'invalid',
      problems: [{ where: 'input value', message: expect.stringMatching(/holds no JSON/) }],
    })
    expect(events).toEqual([])
  })
})

describe('a param', () => {
  it.each([
    ['half a character', 'half \ud800', 'a text with half a character (a lone surrogate)'],
    ['a name with half a character', { '\ud800': 1 }, 'an object with a name with half a character (a lone surrogate)'],
    ['a list with a hole', Array(1), 'undefined in a list'],
  ])('that is %s is told of before anything runs', async (_, any, what) => {
    const stage = defineStage({ ...plain, params: z.object({ any: z.any() }), run: () => {} })
    const message = `params are part of the key, so they must be JSON; ${what} is not`
    expect(await failureOf(stage, { any })).toMatchObject({ kind: 'invalid', problems: [{ message }] })
  })
})

describe('what a stage says', () => {
  it('is no progress where it is no number, and is text in the log', async () => {
    const { run } = await createWorkbench()
    const stage = defineStage({
      ...plain,
      run: ({ outputs, progress, log }) => {
        progress(Number.NaN)
        progress(Number.POSITIVE_INFINITY)
        log(42 as never)
        writeFileSync(outputs.text, 'text')
      },
    })
    const { of } = await run(pipelineOf(stage))
    expect(of('stage_progress').map(({ fraction }) => fraction)).toEqual([1])
    expect(of('stage_log').map(({ line }) => line)).toEqual(['42'])
  })
})
