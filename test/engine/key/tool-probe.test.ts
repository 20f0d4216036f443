import { chmodSync, existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { z } from 'zod'
import { definePipeline, defineStage, defineTool, json, type Tool } from '../../../src/core/index.ts'
import { probeTool } from '../../../src/engine/index.ts'
import { findProgram } from '../../../src/engine/key/tool-probe.ts'
import { createWorkbench, type Workbench } from '../../rig/workbench.ts'

/** Makes a program that prints `version 1`, notes each time that it is asked, and a tool of it that reads models. */
function speaker({ path }: Workbench) {
  const command = path('speaker')
  writeFileSync(command, `#!/bin/sh\necho asked >> '${path('asked')}'\necho 'version 1'\n`)
  chmodSync(command, 0o755)
  const toolWith = (models: readonly string[], parse: Tool['version']['parse'] = (printed) => printed.trim()): Tool =>
    defineTool({
      name: 'speaker',
      command,
      version: { args: ['--version'], parse },
      models: models.map((name) => ({ name, path: path(name) })),
      install: {},
    })
  const timesAsked = () => readFileSync(path('asked'), 'utf8').trim().split('\n').length
  return { toolWith, timesAsked }
}

describe('a tool whose models depend on the params', () => {
  async function bench() {
    const workbench = await createWorkbench()
    const { toolWith, timesAsked } = speaker(workbench)
    for (const voice of ['alto', 'bass', 'tenor']) writeFileSync(workbench.path(voice), `the model of ${voice}`)
    const speak = defineStage({
      name: 'speak',
      version: 1,
      inputs: {},
      params: z.object({ voice: z.string() }),
      outputs: { text: 'text.txt' },
      toolsFor: ({ voice }) => [toolWith([voice])],
      run: ({ params, outputs }) => writeFileSync(outputs.text, params.voice),
    })
    const choir = definePipeline({
      name: 'choir',
      inputs: {},
      params: z.object({ voices: z.array(z.string()) }),
      build: ({ params, step }) =>
        Object.fromEntries(
          params.voices.map((voice) => [voice, step(speak, {}, { id: voice, params: { voice } }).text]),
        ),
    })
    return { ...workbench, timesAsked, sing: (...voices: string[]) => workbench.run(choir, { params: { voices } }) }
  }

  it('is part of each step with its own models, so that another step changes no key', async () => {
    const { sing, timesAsked } = await bench()
    expect((await sing('alto')).executed).toEqual(['alto'])
    const more = await sing('bass', 'alto', 'tenor')
    expect(more.executed.toSorted()).toEqual(['bass', 'tenor'])
    expect(more.cached).toEqual(['alto'])
    expect(timesAsked()).toBe(1)
  })

  it('makes only the step run again whose model changed', async () => {
    const { sing, path } = await bench()
    await sing('alto', 'bass')
    writeFileSync(path('bass'), 'a better model of bass')
    const again = await sing('alto', 'bass')
    expect([again.executed, again.cached]).toEqual([['bass'], ['alto']])
  })

  it('is missed before anything runs, whichever of the models is lacking', async () => {
    const { sing } = await bench()
    const { result, executed } = await sing('soprano', 'alto')
    expect(executed).toEqual([])
    expect(result).toMatchObject({ status: 'failed', failure: { kind: 'tool-missing', tool: 'speaker' } })
  })
})

describe('what a program printed of its version', () => {
  it('is remembered, and read anew', async () => {
    const workbench = await createWorkbench()
    const { toolWith, timesAsked } = speaker(workbench)
    const whole = await probeTool(toolWith([]), workbench.store)
    const digit = await probeTool(
      toolWith([], (printed) => /\d/.exec(printed)?.[0]),
      workbench.store,
    )
    expect([whole, digit].map((probed) => probed.ok && probed.value.identity.version)).toEqual(['version 1', '1'])
    expect(timesAsked()).toBe(1)
  })

  it('is read by each tool for itself, also by functions that differ only in what they were made of', async () => {
    const workbench = await createWorkbench()
    const { toolWith } = speaker(workbench)
    const matching = (pattern: RegExp) => (printed: string) => pattern.exec(printed)?.[0]
    const number = toolWith([], matching(/\d/))
    const word = { ...toolWith([], matching(/[a-z]+/)), name: 'word' }
    const versions: unknown[] = []
    for (const tool of [number, word, number, word]) {
      const probed = await probeTool(tool, workbench.store)
      versions.push(probed.ok && probed.value.identity.version)
    }
    expect(versions).toEqual(['1', 'version', '1', 'version'])
  })
})

describe('a program that does not tell its version, and does not end either', () => {
  /** Notes who it is, and stays. */
  async function hanging() {
    const workbench = await createWorkbench()
    const { path } = workbench
    writeFileSync(
      path('hangs'),
      `#!/bin/sh\necho $$ > '${path('pid.new')}'; mv '${path('pid.new')}' '${path('pid')}'\nexec sleep 1000\n`,
    )
    chmodSync(path('hangs'), 0o755)
    const tool = defineTool({
      name: 'hangs',
      command: path('hangs'),
      version: { args: [], parse: (printed) => printed },
      install: {},
    })
    const stage = defineStage({
      name: 'hung',
      version: 1,
      inputs: {},
      params: z.object({}),
      outputs: { text: 'text.txt' },
      tools: [tool],
      run: () => {},
    })
    const asked = async () => {
      while (!existsSync(path('pid'))) await new Promise((resolve) => setImmediate(resolve))
    }
    const isAlive = () => existsSync(`/proc/${readFileSync(path('pid'), 'utf8').trim()}`)
    return { ...workbench, stage, asked, isAlive }
  }

  it('is ended with the run that is cancelled, before it has begun', async () => {
    const { run, stage, asked, isAlive, jobDir } = await hanging()
    const pipeline = definePipeline({
      name: 'hung',
      inputs: {},
      params: z.object({}),
      build: ({ step }) => step(stage, {}),
    })
    const cancel = new AbortController()
    const running = run(pipeline, { signal: cancel.signal })
    await asked()
    cancel.abort()
    expect((await running).result.status).toBe('cancelled')
    expect(isAlive()).toBe(false)
    expect(existsSync(jobDir)).toBe(false)
  })

  it('is ended with the run that is cancelled, when the step that needs it has its turn', async () => {
    const { run, stage, asked, isAlive } = await hanging()
    const list = defineStage({
      name: 'list',
      version: 1,
      inputs: {},
      params: z.object({}),
      outputs: { list: json(z.array(z.string())) },
      run: () => ({ list: ['a'] }),
    })
    const pipeline = definePipeline({
      name: 'hung',
      inputs: {},
      params: z.object({}),
      build: ({ step, each }) => each(step(list, {}).list, () => step(stage, {})),
    })
    const cancel = new AbortController()
    const running = run(pipeline, { signal: cancel.signal })
    await asked()
    cancel.abort()
    const { result } = await running
    expect(Object.fromEntries([...result.outcomes].map(([id, { kind }]) => [id, kind]))).toEqual({
      list: 'executed',
      'hung/a': 'cancelled',
    })
    expect(isAlive()).toBe(false)
  })
})

it('is found in a relative folder of PATH under a path that holds in every working directory', async () => {
  const workbench = await createWorkbench()
  speaker(workbench)
  vi.stubEnv('PATH', relative(process.cwd(), workbench.dir))
  onTestFinished(() => void vi.unstubAllEnvs())
  expect(findProgram('speaker')).toBe(join(workbench.dir, 'speaker'))
})

it('a program that is not there, of a tool that does not say how to install it, is told of', async () => {
  const version = { args: [], parse: () => '1' }
  const probed = await probeTool({ name: 'none', command: 'no-such-program', version } as unknown as Tool)
  const what = expect.stringMatching(/no program 'no-such-program' on PATH; its declaration has no 'install'/)
  expect(probed).toMatchObject({ ok: false, error: { kind: 'tool-missing', what, install: '' } })
})
