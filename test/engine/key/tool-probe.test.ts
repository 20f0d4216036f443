import { chmodSync, existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { z } from 'zod'
import { definePipeline, defineStage, defineTool, json, type Tool } from '../../../src/core/index.ts'
import { probeTool } from '../../../src/engine/index.ts'
import { findProgram, ToolProbe } from '../../../src/engine/key/tool-probe.ts'
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

describe('a program that runs another one', () => {
  const version: Tool['version'] = { args: ['--version'], parse: (printed) => printed.trim() }

  /** Makes programs of scripts, and returns what a run finds of a tool: a probe has one look at each. */
  async function bench() {
    const workbench = await createWorkbench()
    const write = (name: string, text: string) => {
      const path = workbench.path(name)
      mkdirSync(dirname(path), { recursive: true })
      writeFileSync(path, text, { mode: 0o755 })
      return path
    }
    const find = async (command: string, more: Partial<Tool> = {}) => {
      const probe = new ToolProbe(workbench.store, { jobDir: workbench.path('project/job') })
      const probed = await probe.probe(defineTool({ name: 'player', command, version, install: {}, ...more }))
      return probed.ok ? probed.value : undefined
    }
    return { ...workbench, write, find }
  }

  it.each([
    ['a script that calls it', 'bin/player', (real: string) => `#!/bin/sh\nexec '${real}' "$@"\n`],
    ['a script that hands its arguments on', 'bin/player', (real: string) => `#!/bin/sh\n'${real}' "$@"\n`],
    ['a shim', 'shims/player', (real: string) => `#!/bin/sh\n'${real}' --version\n`],
    [
      'a program of an interpreter',
      'bin/player',
      (real: string) =>
        `#!${process.execPath}\nrequire('node:child_process').spawnSync('${real}', { stdio: 'inherit' })\n`,
    ],
  ])('is asked in each run: %s', async (_, name, text) => {
    const { write, find, path } = await bench()
    write('real/player', '#!/bin/sh\necho 1\n')
    const shim = write(name, text(path('real/player')))
    expect(await find(shim)).toMatchObject({ identity: { version: '1' }, isAskedAnew: true })
    write('real/player', '#!/bin/sh\necho 2\n')
    expect(await find(shim)).toMatchObject({ identity: { version: '2' } })
  })

  it('is asked in each run where it is a link to a manager of versions, from the folder of the job', async () => {
    const { write, find, path } = await bench()
    const manager = write('bin/mise', '#!/bin/sh\ncat .versions\n')
    symlinkSync(manager, path('bin/player'))
    write('project/job/.versions', '7.0')
    expect(await find(path('bin/player'))).toMatchObject({ identity: { version: '7.0' }, isAskedAnew: true })
    write('project/job/.versions', '7.1')
    expect(await find(path('bin/player'))).toMatchObject({ identity: { version: '7.1' } })
  })

  it('is identified with the script that it is told to run', async () => {
    const { write, find } = await bench()
    const script = write('tool.cjs', 'console.log(1)\n')
    const args = [script, '--version']
    const ask = () => find(process.execPath, { version: { ...version, args } })
    const before = await ask()
    expect(before).toMatchObject({ identity: { version: '1', models: { 'tool.cjs': expect.any(String) } } })
    expect(await ask()).toEqual(before)
    write('tool.cjs', 'console.log(1) // and otherwise another program\n')
    expect((await ask())?.identity).not.toEqual(before?.identity)
    write('tool.cjs', 'console.log(2)\n')
    expect(await ask()).toMatchObject({ identity: { version: '2' }, isAskedAnew: true })
  })

  it('is asked in each run where it is told the name of what to run', async () => {
    const { find } = await bench()
    const ask = () =>
      find(process.execPath, { version: { ...version, args: ['-p', 'process.env.PATH && process.pid'] } })
    const [first, second] = [await ask(), await ask()]
    expect(first?.identity.version).not.toBe(second?.identity.version)
    expect(await find(process.execPath)).not.toHaveProperty('isAskedAnew')
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

it('is not asked how to install it where its program is there', async () => {
  const workbench = await createWorkbench()
  let asked = 0
  const { command, name, version } = speaker(workbench).toolWith([])
  const tool: Tool = {
    command,
    name,
    version,
    get install() {
      asked += 1
      return {}
    },
  }
  const speak = defineStage({
    name: 'speak',
    version: 1,
    inputs: {},
    params: z.object({}),
    outputs: { text: 'text.txt' },
    tools: [tool],
    toolsFor: () => [tool],
    run: ({ outputs }) => writeFileSync(outputs.text, 'spoken'),
  })
  const pipeline = definePipeline({
    name: 'speaks',
    inputs: {},
    params: z.object({}),
    build: ({ step }) => step(speak, {}),
  })
  expect((await workbench.run(pipeline)).executed).toEqual(['speak'])
  expect((await workbench.run(pipeline)).cached).toEqual(['speak'])
  expect(asked).toBe(0)
})
