import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, expectTypeOf, it } from 'vitest'
import { z } from 'zod'
import {
  defineSecret,
  defineService,
  defineStage,
  file,
  json,
  many,
  optional,
  provide,
} from '../../../src/core/index.ts'
import { testStage } from '../../../src/engine/index.ts'
import { temporaryDirectory } from '../../rig/workbench.ts'

const greeter = defineService<{ readonly word: string }>('greeter')
const token = defineSecret('token')
const greet = defineStage({
  name: 'greet',
  version: 1,
  inputs: { name: 'file', title: json(z.string()), more: optional(file()), parts: many(file()) },
  params: z.object({ times: z.number().default(1), loud: z.boolean() }),
  outputs: { greeting: 'out/greeting.txt', length: json(z.number()), folder: 'folder/' },
  services: { greeter, token },
  contracts: [{ name: 'short', check: ({ outputs }) => (outputs.length > 40 ? [{ message: 'too long' }] : undefined) }],
  run({ inputs, params, outputs, services, log }) {
    const parts = inputs.parts.map((path) => readFileSync(path, 'utf8'))
    const text = [services.greeter.word, inputs.title, readFileSync(inputs.name, 'utf8'), ...parts].join(' ')
    log(`with ${services.token}`)
    writeFileSync(join(outputs.folder, 'a.txt'), inputs.more === undefined ? 'none' : readFileSync(inputs.more, 'utf8'))
    writeFileSync(outputs.greeting, (params.loud ? text.toUpperCase() : text).repeat(params.times))
    return { length: text.length * params.times }
  },
})

describe('a stage that is tried alone', () => {
  const services = [provide(greeter, { word: 'hello' }), provide(token, 'sk-topsecret')]

  it('is given what run receives, and gives what it made', async () => {
    const dir = temporaryDirectory()
    const path = (name: string, text: string) => {
      writeFileSync(join(dir, name), text)
      return join(dir, name)
    }
    const inputs = { name: path('name', 'world'), title: 'dear', parts: [path('a', '1'), path('b', '2')] }
    const made = await testStage(greet, { inputs, params: { loud: true }, services })
    expect(made.failure).toBeUndefined()
    if (made.failure !== undefined) return
    expectTypeOf(made.outputs.length).toEqualTypeOf<number>()
    expect(readFileSync(made.outputs.greeting, 'utf8')).toBe('HELLO DEAR WORLD 1 2')
    expect(made.outputs.length).toBe('HELLO DEAR WORLD 1 2'.length)
    expect(readFileSync(join(made.outputs.folder, 'a.txt'), 'utf8')).toBe('none')
    expect(made.log).toEqual(['with [secret token]'])
    const own = await testStage(greet, {
      inputs: { ...inputs, more: inputs.name },
      params: { loud: true },
      services,
      dir: join(dir, 'own'),
    })
    expect(own.outputs?.folder).toBe(join(dir, 'own', 'outputs', 'folder'))
    expect(existsSync(join(dir, 'own', '.work'))).toBe(false)
  })

  it('fails as its step would', async () => {
    const dir = temporaryDirectory()
    const name = join(dir, 'name')
    writeFileSync(name, 'world')
    const inputs = { name, title: 'dear', parts: [] }
    const failureOf = async (
      options: Partial<
        Parameters<typeof testStage<(typeof greet)['inputs'], (typeof greet)['params'], (typeof greet)['outputs']>>[1]
      >,
    ) => (await testStage(greet, { inputs, params: { loud: false }, services, ...options })).failure
    expect(await failureOf({ params: { loud: 'yes' as never } })).toMatchObject({
      kind: 'invalid',
      problems: [{ where: 'params.loud' }],
    })
    expect(await failureOf({ params: { loud: true, times: 9 } })).toMatchObject({
      kind: 'contract-violated',
      contract: 'short',
    })
    expect(await failureOf({ inputs: { ...inputs, name: join(dir, 'none') } })).toMatchObject({
      kind: 'input-missing',
      input: 'name',
    })
    expect(await failureOf({ inputs: { ...inputs, title: 1 as never } })).toMatchObject({
      kind: 'input-invalid',
      input: 'title',
    })
    expect(await failureOf({ inputs: { name, parts: [] } as never })).toMatchObject({
      kind: 'invalid',
      problems: [{ where: 'input title' }],
    })
    expect(await failureOf({ services: [] })).toMatchObject({ kind: 'service-unavailable' })
  })

  it('is given items that failed', async () => {
    const report = defineStage({
      name: 'report',
      version: 1,
      inputs: { values: many(json(z.number()), { settled: true }) },
      params: z.object({}),
      outputs: { lines: json(z.array(z.string())) },
      run: ({ inputs }) => ({
        lines: inputs.values.map(({ item, value, failure }) => `${item}: ${failure?.message ?? value}`),
      }),
    })
    const values = [
      { item: 'a', value: 1 },
      { item: 'b', failure: { kind: 'stage-failed', message: 'too loud' } },
    ] as const
    const { outputs } = await testStage(report, { inputs: { values } })
    expect(outputs?.lines).toEqual(['a: 1', 'b: too loud'])
  })

  it('can be cancelled', async () => {
    const stage = defineStage({
      name: 'wait',
      version: 1,
      inputs: {},
      params: z.object({}),
      outputs: {},
      run: ({ signal }) =>
        new Promise<void>((_, reject) => signal.addEventListener('abort', () => reject(signal.reason))),
    })
    const controller = new AbortController()
    const made = testStage(stage, { inputs: {}, signal: controller.signal })
    controller.abort()
    expect((await made).failure).toMatchObject({ kind: 'stage-failed', message: 'it was cancelled' })
  })
})
