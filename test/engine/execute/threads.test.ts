import { readFileSync, writeFileSync } from 'node:fs'
import { pathToFileURL } from 'node:url'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { z } from 'zod'
import { definePipeline, defineStage, json } from '../../../src/core/index.ts'
import { createFakeTiming } from '../../rig/fake-timing.ts'
import { createWorkbench } from '../../rig/workbench.ts'

const add = `
import { isMainThread } from 'node:worker_threads'
import type { ThreadContext } from 'reprise'

export default function add(numbers: readonly number[], { progress, log, fail }: ThreadContext) {
  progress(0.5, 'half')
  log('adding in ' + (isMainThread ? 'the main thread' : 'a thread'))
  console.log('printed ' + (process.env.THREAD_SECRET ?? 'nothing'))
  if (numbers.length === 0) fail('there is nothing to add')
  return numbers.reduce((sum, number) => sum + number, 0)
}
`
const endless = `
export default (_, { progress }) => {
  progress(0.1)
  for (;;);
}
`
const throwing = `
export default async () => {
  throw new RangeError('too many')
}
`

async function bench() {
  const workbench = await createWorkbench()
  const file = (name: string, text: string) => {
    writeFileSync(workbench.path(name), text)
    return pathToFileURL(workbench.path(name))
  }
  const threads = {
    add: file('add.ts', add),
    endless: file('endless.mjs', endless),
    throwing: file('throwing.mjs', throwing),
    nothing: file('nothing.mjs', 'export const other = 1\n'),
  }
  const defined = file('stage.ts', 'export {}\n')
  const start = (thread: string, argument: unknown = [1, 2, 3], request: object = {}, timeoutMs?: number) => {
    const stage = defineStage({
      name: 'compute',
      version: 1,
      source: defined.href,
      inputs: {},
      params: z.object({ thread: z.string() }),
      outputs: { value: json(z.unknown()) },
      threads,
      run: async ({ params, inThread }) => ({ value: await inThread(params.thread, argument) }),
    })
    const pipeline = definePipeline({
      name: 'computing',
      inputs: {},
      params: z.object({}),
      build: ({ step }) => step(stage, {}, { params: { thread }, ...(timeoutMs === undefined ? {} : { timeoutMs }) }),
    })
    return workbench.run(pipeline, request)
  }
  return { ...workbench, file, start }
}

describe('a stage that holds the program', () => {
  it('is told of', async () => {
    const { run } = await createWorkbench()
    const now = performance.now.bind(performance)
    let passedMs = 0
    vi.spyOn(performance, 'now').mockImplementation(() => now() + passedMs)
    onTestFinished(() => void vi.restoreAllMocks())
    const pipelineOf = (holdsMs: number) => {
      const stage = defineStage({
        name: 'hold',
        version: 1,
        inputs: {},
        params: z.object({ holdsMs: z.number() }),
        outputs: { value: json(z.number()) },
        run: ({ params }) => {
          passedMs += params.holdsMs
          return { value: 1 }
        },
      })
      return definePipeline({
        name: 'holding',
        inputs: {},
        params: z.object({}),
        build: ({ step }) => step(stage, {}, { params: { holdsMs } }),
      })
    }
    const warnings = async (holdsMs: number) =>
      (await run(pipelineOf(holdsMs))).of('stage_log').filter(({ level }) => level === 'warn')
    expect(await warnings(1)).toEqual([])
    expect(await warnings(12_000)).toMatchObject([
      { stage: 'hold', line: expect.stringContaining('the stage blocked the event loop for 12 s') },
    ])
  })
})

describe("a stage's thread", () => {
  it('computes apart, and says how far it is; its code is part of the key', async () => {
    const { start, path, file } = await bench()
    const { result, of } = await start('add')
    expect(result.outputs.value).toMatchObject({ value: 6 })
    expect(of('stage_progress').map(({ fraction, note }) => [fraction, note])).toEqual([[0.5, 'half']])
    expect(of('stage_log').map(({ line }) => line)).toContain('adding in a thread')
    expect((await start('add')).cached).toEqual(['compute'])
    file('add.ts', add.replace('sum + number, 0', 'sum + number, 10'))
    const changed = await start('add')
    expect(changed.of('stage_cache_miss')[0]?.reasons).toMatchObject([{ path: 'source.add' }])
    expect(changed.result.outputs.value).toMatchObject({ value: 16 })
    expect(readFileSync(path('job/01_compute/stage.log'), 'utf8')).toContain('adding in a thread')
  })

  it('sees the small environment of tools, and what it prints is in the log', async () => {
    const { start } = await bench()
    process.env.THREAD_SECRET = 'hush'
    try {
      const { of } = await start('add')
      expect(of('stage_log').map(({ line }) => line)).toContain('printed nothing')
    } finally {
      delete process.env.THREAD_SECRET
    }
  })

  it('that never ends is ended by a cancel', async () => {
    const { start } = await bench()
    const cancel = new AbortController()
    const onEvent = ({ event }: { readonly event: string }) => {
      if (event === 'stage_progress') cancel.abort()
    }
    const { result } = await start('endless', undefined, { signal: cancel.signal, onEvent })
    expect(result.status).toBe('cancelled')
  })

  it('that never ends is ended when the step has taken too long', async () => {
    const { start } = await bench()
    const timing = createFakeTiming()
    const wait = timing.wait()
    const onEvent = async ({ event }: { readonly event: string }) => {
      if (event === 'stage_progress') (await wait).pass()
    }
    const { result } = await start('endless', undefined, { timing, onEvent }, 1000)
    expect(result.failure).toMatchObject({ kind: 'timed-out', timeoutMs: 1000 })
  })

  it('fails its step by its own word, or as a mistake', async () => {
    const { start } = await bench()
    const failureOf = async (thread: string, argument?: unknown) => (await start(thread, argument)).result.failure
    expect(await failureOf('add', [])).toMatchObject({ kind: 'stage-failed', message: 'there is nothing to add' })
    expect(await failureOf('throwing')).toMatchObject({
      kind: 'stage-threw',
      message: 'too many',
      stack: expect.stringContaining('throwing.mjs'),
    })
    const wrong = async (thread: string, argument?: unknown) =>
      expect(await failureOf(thread, argument)).toMatchObject({ kind: 'stage-threw' })
    await wrong('nothing')
    await wrong('undeclared')
    await wrong('add', () => 'no function can be copied')
  })
})
