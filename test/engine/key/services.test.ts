import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import {
  definePipeline,
  defineSecret,
  defineService,
  defineStage,
  defineTool,
  json,
  provide,
  provideLazily,
} from '../../../src/core/index.ts'
import { planRun } from '../../../src/engine/index.ts'
import { createWorkbench } from '../../rig/workbench.ts'

interface Client {
  readonly model: string
  answer(question: string): string
}
const llm = defineService<Client>('llm')
const token = defineSecret('api-token')
const clientOf = (model: string): Client => ({ model, answer: (question) => `${question}: ${model}` })

const ask = defineStage({
  name: 'ask',
  version: 1,
  inputs: {},
  params: z.object({ question: z.string() }),
  outputs: { answer: json(z.string()) },
  services: { client: llm },
  run: ({ params, services }) => ({ answer: services.client.answer(params.question) }),
})
const tellsToken = defineStage({
  ...ask,
  services: { token },
  run: ({ services }) => ({ answer: services.token }),
})
const askKeyed = defineStage({ ...ask, name: 'ask-keyed', services: { client: llm.keyed(({ model }) => model) } })

function asking(stage: typeof ask) {
  return definePipeline({
    name: 'asking',
    inputs: {},
    params: z.object({ questions: z.array(z.string()).default(['why']) }),
    build: ({ step, each, params }) =>
      each(params.questions, (question) => step(stage, {}, { id: 'ask', params: { question } })),
  })
}

describe('a service', () => {
  it.each([
    ['that is being made', ask],
    ['whose identity is part of the key, that is being made', askKeyed],
  ])('%s is not waited for by a run that is cancelled', async (_, stage) => {
    const { run } = await createWorkbench()
    const cancel = new AbortController()
    const make = () => {
      setImmediate(() => cancel.abort())
      return new Promise<Client>(() => {})
    }
    const { result, of } = await run(asking(stage), {
      services: [provideLazily(llm, make)],
      signal: cancel.signal,
      killGraceMs: 0,
    })
    expect(result.status).toBe('cancelled')
    expect(of('stage_failed')).toEqual([])
  })

  it('that is not closed is waited for until the run is cancelled, and its grace is over', async () => {
    const { run } = await createWorkbench()
    const cancel = new AbortController()
    const close = () => {
      setImmediate(() => cancel.abort())
      return new Promise<void>(() => {})
    }
    const services = [provideLazily(llm, () => clientOf('small'), close)]
    const { result, of } = await run(asking(ask), { services, signal: cancel.signal, killGraceMs: 0 })
    // All was done when it was cancelled.
    expect(result.status).toBe('completed')
    expect(of('pipeline_warning').map(({ message }) => message)).toEqual(["the service 'llm' was not closed in time"])
  })

  it('is handed to the stages that declare it, and is no part of the key', async () => {
    const { run } = await createWorkbench()
    const first = await run(asking(ask), { services: [provide(llm, clientOf('small'))] })
    expect(first.result.outputs.answer).toMatchObject([{ value: 'why: small' }])
    const second = await run(asking(ask), { services: [provide(llm, clientOf('large'))] })
    expect(second.cached).toEqual(['ask/why'])
  })

  it('is part of the key by what the stage says of it', async () => {
    const { run, jobDir } = await createWorkbench()
    await run(asking(askKeyed), { services: [provide(llm, clientOf('small'))] })
    const larger = await run(asking(askKeyed), { services: [provide(llm, clientOf('large'))] })
    expect(larger.of('stage_cache_miss').map(({ reasons }) => reasons)).toEqual([
      [{ kind: 'changed', path: 'services.llm', from: 'small', to: 'large' }],
    ])
    expect(larger.result.outputs.answer).toMatchObject([{ value: 'why: large' }])
    expect((await run(asking(askKeyed), { services: [provide(llm, clientOf('small'))] })).executed).toEqual([])
    expect(readFileSync(join(jobDir, '01_ask/why/manifest.json'), 'utf8')).not.toContain('answer(')
  })

  it('is made once a run, when it is needed, and closed at the end', async () => {
    const { run, jobDir, store } = await createWorkbench()
    const told: string[] = []
    const services = [
      provideLazily(
        llm,
        async () => {
          told.push('made')
          return clientOf('small')
        },
        ({ model }) => void told.push(`closed ${model}`),
      ),
    ]
    const params = { questions: ['why', 'how', 'when'] }
    expect((await run(asking(ask), { services, params })).executed).toHaveLength(3)
    expect(told).toEqual(['made', 'closed small'])
    expect((await run(asking(ask), { services, params })).cached).toHaveLength(3)
    expect(told).toEqual(['made', 'closed small'])
    await planRun({ pipeline: asking(askKeyed), inputs: {}, jobDir, store, device: 'cpu', services })
    expect(told).toEqual(['made', 'closed small', 'made', 'closed small'])
  })

  it('is missed before anything runs, with the nearest that is provided', async () => {
    const { run } = await createWorkbench()
    const { result, events } = await run(asking(ask), {
      services: [provide(defineService<Client>('llms'), clientOf('small'))],
    })
    expect(events).toEqual([])
    expect(result.failure).toMatchObject({
      kind: 'invalid',
      problems: [
        {
          where: 'step ask/why',
          message: expect.stringContaining("it needs the service 'llm', which is not provided: did you mean 'llms'?"),
        },
      ],
    })
  })

  it('that cannot be made fails the step, and the next run tries again', async () => {
    const { run } = await createWorkbench()
    const refused = await run(asking(ask), {
      services: [provideLazily(llm, () => Promise.reject(new Error('no network')))],
    })
    expect(refused.result.failure).toEqual({
      kind: 'service-unavailable',
      step: 'ask/why',
      service: 'llm',
      message: 'no network',
    })
    expect((await run(asking(ask), { services: [provide(llm, clientOf('small'))] })).result.status).toBe('completed')
  })
})

const secret = 'tk-Zq7"x\\93-hush'
const sh = defineTool({
  name: 'sh',
  command: 'sh',
  version: { args: ['-c', 'echo 1.0'], parse: (printed) => printed.trim() },
  install: {},
})
const talk = defineStage({
  name: 'talk',
  version: 1,
  inputs: {},
  params: z.object({ fails: z.enum(['not', 'fail', 'throw', 'exit']) }),
  outputs: { text: 'text.txt' },
  tools: [sh],
  services: { token },
  async run({ services, params, outputs, exec, log, progress, fail }) {
    log(`the token is ${services.token}`)
    progress(0.5, `with ${services.token}`)
    await exec(sh, ['-c', `echo "$1" >&2; test ${params.fails} != exit`, 'sh', services.token])
    if (params.fails === 'fail') fail(`refused: ${services.token}`)
    if (params.fails === 'throw') throw new Error(`401 for ${JSON.stringify(services.token)}`)
    writeFileSync(outputs.text, 'quiet')
  },
})
const talking = definePipeline({
  name: 'talking',
  inputs: {},
  params: z.object({ fails: z.enum(['not', 'fail', 'throw', 'exit']).default('not') }),
  build: ({ step, params }) => step(talk, {}, { params }),
})

/** Returns the files below a directory that hold a text, in any of its forms. */
function holding(dir: string, text: string): readonly string[] {
  const forms = [text, JSON.stringify(text).slice(1, -1), JSON.stringify(JSON.stringify(text)).slice(3, -3)]
  return readdirSync(dir, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((path) => forms.some((form) => readFileSync(path).includes(form)))
}

describe('a secret', () => {
  it.each(['not', 'fail', 'throw', 'exit'] as const)(
    'reaches no key, manifest, event, log or result (%s)',
    async (fails) => {
      const { run, dir, store } = await createWorkbench()
      const { events, result } = await run(talking, { params: { fails }, services: [provide(token, secret)] })
      expect(result.status).toBe(fails === 'not' ? 'completed' : 'failed')
      const told = JSON.stringify([events, result])
      expect(told).toContain('[secret api-token]')
      expect(told).not.toContain('hush')
      store.flush()
      expect(holding(dir, secret)).toEqual([])
      expect(holding(dir, '[secret api-token]').length).toBeGreaterThan(0)
    },
  )

  /** Runs a shell that prints to standard error and fails, with a secret as its first argument. */
  async function shout(value: string, script: string) {
    const workbench = await createWorkbench()
    const stage = defineStage({
      name: 'shout',
      version: 1,
      inputs: {},
      params: z.object({}),
      outputs: {},
      tools: [sh],
      services: { token },
      run: ({ services, exec }) => exec(sh, ['-c', script, 'sh', services.token]).then(() => {}),
    })
    const shouting = definePipeline({
      name: 'shouting',
      inputs: {},
      params: z.object({}),
      build: ({ step }) => step(stage, {}),
    })
    const { result } = await workbench.run(shouting, { services: [provide(token, value)] })
    return { ...workbench, result }
  }

  it('of several lines is hidden wherever one of them is printed', async () => {
    const key = '-----BEGIN KEY-----\nfirst-line-of-it\r\nsecond-line-of-it\n-----END KEY-----'
    const { dir, result } = await shout(key, 'printf "%s" "$1" >&2; exit 1')
    expect(result.failure).toMatchObject({ kind: 'stage-exited', stderrTail: expect.stringContaining('[secret ') })
    expect([...holding(dir, 'first-line'), ...holding(dir, 'second-line')]).toEqual([])
  })

  it('is hidden as it stands in an address', async () => {
    const { dir, result } = await shout('se cret+1/2', 'echo "https://x.org/?key=se%20cret%2B1%2F2" >&2; exit 1')
    expect(result.failure).toMatchObject({ stderrTail: 'https://x.org/?key=[secret api-token]' })
    expect(holding(dir, 'se%20cret')).toEqual([])
  })

  it('is hidden before a long line is cut', async () => {
    const value = 'tk-0123456789-hush'
    // What is kept of a program's words begins in the middle of the secret.
    const { dir, result } = await shout(value, 'printf "%s" "$1" >&2; head -c 4086 /dev/zero | tr "\\0" x >&2; exit 1')
    expect(result.failure).toMatchObject({ kind: 'stage-exited', stderrTail: expect.stringMatching(/x{4000}$/) })
    expect(holding(dir, 'hush')).toEqual([])
  })

  it('is refused where it would enter a key', async () => {
    const { run, dir } = await createWorkbench()
    const leaking = definePipeline({
      name: 'leaking',
      inputs: {},
      params: z.object({}),
      build: ({ step }) => step(ask, {}, { params: { question: `what is ${secret}?` } }),
    })
    const { result } = await run(leaking, { services: [provide(llm, clientOf('small')), provide(token, secret)] })
    expect(result.failure).toMatchObject({ kind: 'invalid', problems: [{ where: 'step ask' }] })
    expect(holding(dir, secret)).toEqual([])
  })

  it('that is told only to the step whose key holds it is refused before that executes, and kept nowhere', async () => {
    const { run, dir, store, jobDir } = await createWorkbench()
    const leaking = definePipeline({
      name: 'leaking',
      inputs: {},
      params: z.object({}),
      build: ({ step }) => step(tellsToken, {}, { params: { question: `what is ${secret}?` } }),
    })
    const { result, of } = await run(leaking, { services: [provideLazily(token, () => secret)] })
    expect(result.failure).toMatchObject({ kind: 'invalid', problems: [{ where: 'step ask' }] })
    expect(of('stage_completed')).toEqual([])
    expect(store.ledger.jobs.lastAction(jobDir, 'leaking', 'ask')).toBeUndefined()
    await store.close()
    expect(holding(dir, secret)).toEqual([])
  })

  it('is refused among the params of a pipeline, which job.json would tell', async () => {
    const { run, dir, jobDir } = await createWorkbench()
    const request = { params: { questions: [secret] }, services: [provide(token, secret)] }
    const { result } = await run(asking(ask), {
      ...request,
      services: [...request.services, provide(llm, clientOf('s'))],
    })
    expect(result.failure).toMatchObject({ kind: 'invalid', problems: [{ where: 'params' }] })
    expect(holding(dir, secret)).toEqual([])
    expect(existsSync(join(jobDir, 'job.json'))).toBe(false)
  })
})
