import { describe, expectTypeOf, it } from 'vitest'
import { z } from 'zod'
import {
  type AnyPipeline,
  constant,
  definePipeline,
  defineStage,
  describeFailure,
  file,
  files,
  json,
  type LocalStore,
  many,
  optional,
  planRun,
  type RunOutput,
  runPipeline,
  select,
  startPipeline,
} from '../../../src/index.ts'

const Macro = z.object({ sections: z.array(z.object({ look: z.string() })) })
type Macro = z.infer<typeof Macro>
declare const store: LocalStore

const plan = defineStage({
  name: 'plan',
  version: 1,
  inputs: { song: 'file', lrc: optional(file()), look: optional(json(z.string())) },
  params: z.object({ sections: z.number() }),
  outputs: { macro: json(Macro), score: 'score.txt' },
  run: () => ({ macro: { sections: [] } }),
})
const show = definePipeline({
  name: 'show',
  inputs: { song: 'file', lrc: optional(file()), takes: many(file()), folder: 'tree' },
  params: z.object({ sections: z.number(), look: z.string().default('calm') }),
  build({ step, each, inputs, params }) {
    const { song, lrc } = inputs
    const options = { params: { sections: params.sections } }
    const { macro, score } = step(plan, { song, lrc, look: constant(params.look) }, options)
    const sometimes = step(plan, { song }, { ...options, id: 'sometimes', when: params.sections > 2 })
    const look = select(macro, ({ sections }) => sections[0]?.look)
    const again = step(plan, { song, look }, { ...options, id: 'again' })
    const takes = each(files(inputs.takes), ({ file }) => step(plan, { song: file }, { ...options, id: 'take' }))
    return { macro, score, maybe: sometimes.macro, again: again.macro, plans: takes.macro }
  },
})
const plain = definePipeline({ name: 'plain', inputs: {}, params: z.object({}), build: () => ({}) })
const base = { jobDir: 'job', store }

describe('a run', () => {
  it('is given what its pipeline takes, and nothing else', () => {
    const inputs = { song: 'a.wav', takes: ['b.wav'], folder: 'in' }
    const params = { sections: 4 }
    void runPipeline({ ...base, pipeline: show, inputs, params })
    void runPipeline({
      ...base,
      pipeline: show,
      inputs: { ...inputs, lrc: 'a.lrc' },
      params: { ...params, look: 'wild' },
    })
    void planRun({ ...base, pipeline: show, inputs, params })
    void runPipeline({ ...base, pipeline: plain, inputs: {} })
    // @ts-expect-error an input is missing
    void runPipeline({ ...base, pipeline: show, inputs: { song: 'a.wav', takes: [] }, params })
    // @ts-expect-error there is no such input
    void runPipeline({ ...base, pipeline: show, inputs: { ...inputs, sung: 'a.wav' }, params })
    // @ts-expect-error an input that takes several is given a list
    void runPipeline({ ...base, pipeline: show, inputs: { ...inputs, takes: 'b.wav' }, params })
    // @ts-expect-error an input that takes one is given no list
    void runPipeline({ ...base, pipeline: show, inputs: { ...inputs, song: ['a.wav'] }, params })
    // @ts-expect-error a required param is missing
    void runPipeline({ ...base, pipeline: show, inputs })
    // @ts-expect-error a param has another type
    void runPipeline({ ...base, pipeline: show, inputs, params: { sections: 'four' } })
    // @ts-expect-error there is no such param
    void startPipeline({ ...base, pipeline: show, inputs, params: { sections: 4, section: 4 } })
  })

  it('gives what its pipeline makes', async () => {
    const inputs = { song: 'a.wav', takes: ['b.wav'], folder: 'in' }
    const request = { ...base, pipeline: show, inputs, params: { sections: 4 } }
    const { outputs, failedSteps, failure } = await runPipeline(request)
    expectTypeOf(outputs.macro).toEqualTypeOf<RunOutput<'json', Macro> | undefined>()
    expectTypeOf(outputs.macro?.value.sections[0]?.look).toEqualTypeOf<string | undefined>()
    expectTypeOf(outputs.score).toEqualTypeOf<RunOutput<'file', string> | undefined>()
    expectTypeOf(outputs.maybe).toEqualTypeOf<RunOutput<'json', Macro> | undefined>()
    expectTypeOf(outputs.plans).toEqualTypeOf<readonly RunOutput<'json', Macro>[] | undefined>()
    expectTypeOf(failedSteps).toEqualTypeOf<readonly string[]>()
    if (failure !== undefined) expectTypeOf(describeFailure(failure)).toEqualTypeOf<string>()
    // @ts-expect-error there is no such output
    void outputs.micro
    const handle = startPipeline(request)
    expectTypeOf((await handle.result).outputs.macro?.value).toEqualTypeOf<Macro | undefined>()
  })

  it('takes a pipeline that is known only at run time', async () => {
    const pipeline: AnyPipeline = show
    const { outputs } = await runPipeline({ ...base, pipeline, inputs: { any: 'thing' }, params: { some: 1 } })
    expectTypeOf(outputs.anything).toEqualTypeOf<RunOutput | readonly RunOutput[] | undefined>()
  })
})
