import { writeFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import {
  buildGraph,
  definePipeline,
  defineService,
  defineStage,
  file,
  json,
  many,
  type OutputDeclarations,
  type PipelineBuilder,
  provide,
  validate,
} from '../../../src/core/index.ts'

const llm = defineService<string>('llm')
const make = defineStage({
  name: 'make',
  version: 1,
  inputs: {},
  params: z.object({ size: z.number().default(1) }),
  outputs: { text: 'text.txt', list: json(z.array(z.string())) },
  services: { llm },
  resources: { pool: 'opneai' },
  run: () => ({ list: [] }),
})
const use = defineStage({
  name: 'use',
  version: 1,
  inputs: { text: 'file', all: many(json(z.string())) },
  params: z.object({}),
  outputs: { text: 'text.txt' },
  run() {},
})

const wrong = definePipeline({
  name: 'wrong',
  inputs: {},
  params: z.object({ to: z.array(z.string()).default(['es', 'es']) }),
  build({ step, each, params }) {
    // What the types forbid, JavaScript allows.
    const untyped: (...given: unknown[]) => { text: never; list: never } = step as never
    const { list } = untyped(make, {}, { params: { sise: 3 } })
    untyped(use, { txet: list, all: 'nothing' }, { id: 'a/b' })
    untyped(make, {})
    const again = each(params.to, () => untyped(use, { text: list, all: [] }, { id: 'again' }))
    return { ...again, all: again as never }
  },
})

const right = definePipeline({
  name: 'right',
  inputs: {},
  params: z.object({ loud: z.boolean().default(false) }),
  build({ step, params }) {
    const { text } = step(make, {})
    const used = step(use, { text, all: [] })
    step(make, {}, { id: 'loud', when: params.loud })
    return used
  },
})
const offers = { pools: { opneai: 1 }, services: [provide(llm, 'tiny')] }

describe('validate', () => {
  it('says what a thread of a stage must be', () => {
    const threads = { peaks: './peaks.ts' as never, waves: new URL('file:///stages/waves.ts') }
    const none = { inputs: {}, params: z.object({}), outputs: {} }
    const stage = defineStage({ ...none, name: 'compute', version: 1, threads, run() {} })
    const pipeline = definePipeline({
      name: 'p',
      inputs: {},
      params: z.object({}),
      build: ({ step }) => step(stage, {}),
    })
    expect(validate(pipeline)).toEqual([
      {
        where: 'step compute',
        message: "its thread 'peaks' is not a file URL; write new URL('./peaks.ts', import.meta.url)",
      },
    ])
  })

  it('refuses two stages that no key would tell apart, and no two that differ in their versions or sources', () => {
    const shout = (text: string, more: object = {}) =>
      defineStage({
        name: 'shout',
        version: 1,
        inputs: {},
        params: z.object({}),
        outputs: { text: 'text.txt' },
        run: ({ outputs }) => writeFileSync(outputs.text, text),
        ...more,
      })
    const of = (...stages: readonly ReturnType<typeof shout>[]) =>
      definePipeline({
        name: 'p',
        inputs: {},
        params: z.object({}),
        build: ({ step }) =>
          Object.fromEntries(stages.map((stage, at) => [`s${at}`, step(stage, {}, { id: `s${at}` }).text])),
      })
    const loud = shout('LOUD')
    expect(validate(of(loud, loud, shout('loud', { version: 2 }), shout('loud', { source: '/a.ts' })))).toEqual([])
    const soft = shout('soft')
    expect(validate(of(loud, soft, loud, soft)).map(({ where }) => where)).toEqual(['step s1', 'step s3'])
    expect(validate(of(loud, shout('soft')))).toEqual([
      {
        where: 'step s1',
        message: "its stage has the name 'shout', like another stage, that of the step 's0'; rename one of the stages",
      },
    ])
  })

  it.each([
    ['in case', 'ES', 'es'],
    ['in how an accent is written', '\u00e9', 'e\u0301'],
  ])('finds items whose names differ %s, and whose folders may so be one', (_, first, second) => {
    const stage = defineStage({ name: 's', version: 1, inputs: {}, params: z.object({}), outputs: {}, run: () => {} })
    const pipeline = definePipeline({
      name: 'two',
      inputs: {},
      params: z.object({}),
      build: ({ step, each }) => each([first, second], () => step(stage, {})),
    })
    expect(validate(pipeline)).toEqual([
      {
        where: 'two',
        message: expect.stringContaining(`'${first}' and '${second}', whose directories can have the same name`),
      },
    ])
  })

  const outside = (name: string, path: string) =>
    `its output '${name}' has the path '${path}', which is not inside the directory of the step`
  const taken = (name: string, path: string) =>
    `its output '${name}' has the path '${path}', which is reserved for the record of the step; choose another path`
  it.each([
    [{ a: '../a' }, [outside('a', '../a')]],
    [{ a: '/tmp/a' }, [outside('a', '/tmp/a')]],
    [{ a: 'b/./c/' }, [outside('a', 'b/./c')]],
    [{ a: '' }, [outside('a', '')]],
    [{ a: './' }, [outside('a', '.')]],
    [{ a: 'b\0' }, [outside('a', 'b\0')]],
    [{ manifest: json() }, [taken('manifest', 'manifest.json')]],
    [{ log: 'Stage.log' }, [taken('log', 'Stage.log')]],
    [{ a: 'dir/', b: 'Dir/b' }, ["its output 'b' at 'Dir/b' overlaps its output 'a' at 'dir'; choose another path"]],
    [{ a: 'a', b: 'a' }, ["its output 'b' at 'a' overlaps its output 'a' at 'a'; choose another path"]],
    [{ a: 'dir/manifest.json', b: 'dir/b', c: 'dirs/' }, []],
  ] satisfies [OutputDeclarations, string[]][])(
    'finds outputs that have no place of their own: %j',
    (outputs, messages) => {
      const stage = defineStage({ name: 's', version: 1, inputs: {}, params: z.object({}), outputs, run: () => {} })
      const build = ({ step }: { step: PipelineBuilder<Record<never, never>, object>['step'] }) =>
        step(stage as never, {})
      const pipeline = definePipeline({ name: 'p', inputs: {}, params: z.object({}), build })
      expect(validate(pipeline)).toEqual(messages.map((message) => ({ where: 'step s', message })))
    },
  )

  it('finds inputs that a stage would see at one place', () => {
    const inputs = { a: file('x'), b: file('x/b'), c: file('../c'), d: json() }
    const stage = defineStage({ name: 's', version: 1, inputs, params: z.object({}), outputs: {}, run: () => {} })
    const given = { a: 'file', b: 'file', c: 'file', d: json() } as const
    const build = ({ step, inputs }: { step: PipelineBuilder<Record<never, never>, object>['step']; inputs: object }) =>
      step(stage as never, inputs as never)
    const pipeline = definePipeline({ name: 'p', inputs: given, params: z.object({}), build })
    expect(validate(pipeline).map(({ message }) => message)).toEqual([
      "its input 'c' has the path '../c', which is not inside the directory of the step",
      "its input 'b' at 'x/b' overlaps its input 'a' at 'x'; choose another path",
    ])
  })

  it('finds an exception of the build, and the line of its author', () => {
    const throwing = definePipeline({
      name: 'throwing',
      inputs: {},
      params: z.object({}),
      build() {
        throw new Error('no such voice')
      },
    })
    const built = buildGraph(throwing, {})
    expect(built.ok ? [] : built.error).toEqual([
      {
        where: 'throwing',
        message: expect.stringMatching(/^its build threw an exception: no such voice \(.*validate\.test\.ts:\d+\)$/),
      },
    ])
  })

  it('finds every mistake of a pipeline at once, each with its step and the nearest right name', () => {
    expect(validate(wrong).map(({ where, message }) => `${where}: ${message}`)).toEqual([
      "step make.sise: unknown param: did you mean 'size'? (valid: size)",
      "step a/b: its input 'all' is not wired to an artifact",
      "wrong: a fan-out has two items 'es'",
      "wrong: its output 'all' is not an artifact; return what 'step' or 'each' returns, as in { all: step(...).text }",
      "step a/b: 'a/b' is not a valid step id; an id must not be empty and must not contain '/' or '*'",
      "step make: there are two steps with the id 'make'; give one of them another id",
      "step a/b: its input 'text' is not wired",
      "step a/b: unknown input 'txet': did you mean 'text'? (valid: text, all)",
      "step again/es: its input 'text' takes a file, but is wired to a json",
    ])
  })

  it('finds a fan-out over no list, and a condition that is none, as a config without types may have them', () => {
    const make = defineStage({
      name: 'make',
      version: 1,
      inputs: {},
      params: z.object({}),
      outputs: { profile: json(z.object({ isLong: z.boolean(), groups: z.array(z.string()) })) },
      run: () => ({ profile: { isLong: true, groups: [] } }),
    })
    const guessing = definePipeline({
      name: 'guessing',
      inputs: {},
      params: z.object({}),
      build({ step, each }) {
        const { profile } = step(make, {})
        // @ts-expect-error: a field of a value is no field of its artifact
        each(profile.groups, () => step(make, {}, { id: 'more' }))
        // @ts-expect-error: nor is this
        return step(make, {}, { id: 'again', when: profile.isLong })
      },
    })
    expect(validate(guessing).map(({ where, message }) => `${where}: ${message}`)).toEqual([
      expect.stringMatching(/^guessing: 'each' is given no list: /),
      expect.stringMatching(/^step again: its 'when' is no condition: /),
    ])
  })

  it('finds what a run does not offer, and selections that reach nothing', () => {
    const found = validate(
      right,
      {},
      {
        pools: { openai: 2 },
        selection: { from: 'use', to: 'make', forceRerun: ['maek'] },
      },
    )
    expect(found.map(({ where }) => where)).toEqual([
      'selection.forceRerun',
      'selection.from, selection.to',
      'step make',
      'step make',
    ])
    expect(found.map(({ message }) => message)).toEqual([
      "unknown step 'maek': did you mean 'make'? (valid: make, use, loud)",
      "'use' comes after 'make' (order: make, use, loud)",
      expect.stringContaining("unknown pool 'opneai': did you mean 'openai'?"),
      expect.stringContaining("it needs the service 'llm', which is not provided"),
    ])
  })

  it('finds a selected step that its condition leaves out with these params', () => {
    expect(validate(right, {}, { ...offers, selection: { steps: ['loud'] } })).toEqual([
      {
        where: 'selection.steps',
        message: "the step 'loud' does not run with these params, because its condition is false",
      },
    ])
    expect(validate(right, { loud: true }, { ...offers, selection: { steps: ['loud'] } })).toEqual([])
    expect(validate(right, {}, { ...offers, selection: { stages: ['loud'] } })).toMatchObject([
      { where: 'selection.stages' },
    ])
  })

  it('finds nothing in what is right', () => {
    expect(validate(right, {}, offers)).toEqual([])
  })
})
