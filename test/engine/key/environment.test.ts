import { readFileSync, writeFileSync } from 'node:fs'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { z } from 'zod'
import { definePipeline, defineStage, defineTool, validate } from '../../../src/core/index.ts'
import { createWorkbench } from '../../rig/workbench.ts'

const shell = defineTool({
  name: 'sh',
  command: '/bin/sh',
  version: { args: ['-c', 'echo 1'], parse: (printed) => printed.trim() },
  install: {},
})

function pipelineWith(env: readonly string[]) {
  const greet = defineStage({
    name: 'greet',
    version: 1,
    inputs: {},
    params: z.object({}),
    outputs: { text: 'text.txt' },
    tools: [shell],
    env,
    async run({ env, exec, outputs }) {
      const { stdout } = await exec(shell, ['-c', 'echo "$GREETING/$OTHER"'])
      writeFileSync(outputs.text, `${JSON.stringify(env)} ${stdout.trim()}`)
    },
  })
  return definePipeline({ name: 'greeting', inputs: {}, params: z.object({}), build: ({ step }) => step(greet, {}) })
}

afterEach(() => vi.unstubAllEnvs())

describe('a value of the environment that a stage declares', () => {
  it('is part of the key, and seen by the stage and its tools; any other is not', async () => {
    const { run, path } = await createWorkbench()
    const pipeline = pipelineWith(['GREETING'])
    const text = () => readFileSync(path('job/01_greet/text.txt'), 'utf8')
    vi.stubEnv('GREETING', 'hello')
    vi.stubEnv('OTHER', 'seen')
    expect((await run(pipeline)).executed).toEqual(['greet'])
    expect(text()).toBe('{"GREETING":"hello"} hello/')
    vi.stubEnv('OTHER', 'changed')
    expect((await run(pipeline)).executed).toEqual([])
    vi.stubEnv('GREETING', 'hi')
    const changed = await run(pipeline)
    expect(changed.of('stage_cache_miss').map(({ reasons }) => reasons)).toEqual([
      [{ kind: 'changed', path: 'env.GREETING', from: 'hello', to: 'hi' }],
    ])
    expect(text()).toBe('{"GREETING":"hi"} hi/')
    vi.stubEnv('GREETING', undefined)
    const unset = await run(pipeline)
    expect(unset.of('stage_cache_miss')[0]?.reasons).toMatchObject([{ path: 'env.GREETING', to: null }])
    expect(text()).toBe('{} /')
    vi.stubEnv('GREETING', 'hello')
    expect((await run(pipeline)).executed).toEqual([])
  })

  it.each(['API_KEY', 'OPENAI_API_KEY', 'github_token', 'DB_PASSWORD', 'AWS_SECRET_ACCESS_KEY'])(
    'must be no secret: %s',
    (name) => {
      const [problem] = validate(pipelineWith([name]))
      expect(problem).toMatchObject({ where: 'step greet' })
      expect(problem?.message).toContain(`'${name}' in its env looks like a secret`)
    },
  )

  it('must have a name that a variable can have', () => {
    expect(validate(pipelineWith(['LANG MODEL']))).toHaveLength(1)
    expect(validate(pipelineWith(['LANG_MODEL', '_x1', 'KEYBOARD']))).toEqual([])
  })
})
