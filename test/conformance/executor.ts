import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { isDeepStrictEqual } from 'node:util'
import { beforeAll, describe, expect, it, vi } from 'vitest'
import { z } from 'zod'
import {
  type AnyPipeline,
  definePipeline,
  type ExecutionPolicy,
  type Failure,
  noteStageModule,
} from '../../src/core/index.ts'
import type { ExecutionEnd, ExecutionRequest, ExecutionWatch } from '../../src/engine/execute/executor.ts'
import type { ExecutorFactory } from '../../src/engine/execute/executor-site.ts'
import type { RunRequest } from '../../src/engine/index.ts'
import { isEnd, isRequest } from '../../src/executors/contract/messages.ts'
import { artifactsBelow } from '../rig/file-tree.ts'
import { programPath } from '../rig/program.ts'
import { createWorkbench, type ObservedRun, type Workbench } from '../rig/workbench.ts'
import * as stages from './executor-stages.ts'

/** One execution as the run saw it: what was asked for, what was told meanwhile, and how it ended. */
export interface ExecutorCall {
  readonly request: ExecutionRequest
  readonly told: readonly string[]
  readonly end: ExecutionEnd
}

/** A workbench whose runs are executed by the executor under test. */
export interface ExecutorBench extends Workbench {
  readonly calls: readonly ExecutorCall[]
  /** Everything that was asked and answered, as JSON. */
  readonly texts: readonly string[]
}

/** Makes the executor under test for the runs of a workbench. */
export type OpenExecutor = (workbench: Workbench) => Promise<ExecutorFactory>

/** Makes a workbench whose runs are executed by the executor under test, and checks each request and each end. */
export async function executorBench(open: OpenExecutor): Promise<ExecutorBench> {
  const workbench = await createWorkbench()
  const factory = await open(workbench)
  const calls: ExecutorCall[] = []
  const texts: string[] = []
  const executor: ExecutorFactory = (site) => {
    const inner = factory(site)
    return {
      async execute(request, watch, signal) {
        texts.push(plainText(request))
        expect(isRequest(request), JSON.stringify(request)).toBe(true)
        expect(JSON.stringify(request)).not.toContain(workbench.dir)
        const told: string[] = []
        const end = await inner.execute(request, telling(watch, told), signal)
        texts.push(plainText(end), ...told)
        expect(isEnd(end), JSON.stringify(end)).toBe(true)
        calls.push({ request, told, end })
        return end
      },
    }
  }
  return {
    ...workbench,
    calls,
    texts,
    run: (pipeline, request) => workbench.run(pipeline, { executor, ...request }),
  }
}

/** Returns the JSON of a value that is JSON, and nothing that JSON would lose. */
function plainText(value: ExecutionRequest | ExecutionEnd): string {
  const text = JSON.stringify(value)
  const back: unknown = JSON.parse(text)
  if (!isDeepStrictEqual(back, value)) expect(back).toStrictEqual(value)
  return text
}

function telling(watch: ExecutionWatch, told: string[]): ExecutionWatch {
  return {
    onProgress(fraction, note) {
      told.push(`progress ${fraction}${note === undefined ? '' : ` ${note}`}`)
      watch.onProgress(fraction, note)
    },
    onLog(line) {
      told.push(`log ${line}`)
      watch.onLog(line)
    },
    onToolLine(line) {
      told.push(`tool ${line}`)
      watch.onToolLine(line)
    },
    onWarning(line) {
      told.push(`warning ${line}`)
      watch.onWarning(line)
    },
  }
}

const none = z.object({})

const { tell, wait, blab, lack } = stages
const single = { tell, wait, blab, lack }

/** Returns a pipeline of one step. */
function one(stage: keyof typeof single, policy: ExecutionPolicy = {}): AnyPipeline {
  return definePipeline({
    name: 'one',
    inputs: {},
    params: none,
    build: ({ step }) => step(single[stage], {}, policy),
  })
}

const failing = definePipeline({
  name: 'failing',
  inputs: { text: 'file' },
  params: z.object({ how: z.string() }),
  build: ({ step, inputs, params }) => step(stages.fail, { text: inputs.text }, { params }),
})

const everything = definePipeline({
  name: 'everything',
  inputs: { text: 'file' },
  params: none,
  build({ step, each, inputs }) {
    const { script, all, counts, empty } = step(
      stages.make,
      { text: inputs.text },
      { params: { words: ['one', 'two'] } },
    )
    const { items } = step(stages.list, {})
    const { value: values, text: texts } = each(items, (item) => step(stages.give, { item }))
    const read = { script, all, counts, texts, values }
    const { seen } = step(stages.read, read, { params: { word: 'two' } })
    return { seen, script, all, counts, empty }
  },
})

/** The request of a run in which everything that a request may hold has a value. */
function everythingOf(bench: ExecutorBench): Partial<RunRequest> {
  writeFileSync(bench.path('text'), 'hello')
  return { inputs: { text: bench.path('text') }, device: 'cuda', gpus: ['7'] }
}

async function failure(open: OpenExecutor, how: string): Promise<{ bench: ExecutorBench; run: ObservedRun }> {
  const bench = await executorBench(open)
  writeFileSync(bench.path('text'), 'text')
  return { bench, run: await bench.run(failing, { inputs: { text: bench.path('text') }, params: { how } }) }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}

/** Tries what every executor promises. */
export function describeExecutor(name: string, open: OpenExecutor): void {
  noteStageModule(pathToFileURL(programPath('executor-stages')).href, stages)

  describe(`${name}, as an executor`, () => {
    // Workers that several tests share have the environment with which they were started.
    beforeAll(() => void vi.stubEnv('REPRISE_TEST_WORD', 'word of the environment'))

    it('makes files, trees and values, of all that a stage can be given', async () => {
      const bench = await executorBench(open)
      const { result, executed } = await bench.run(everything, everythingOf(bench))
      expect(result.failure).toBeUndefined()
      expect(executed).toEqual(['give/one', 'give/two %22quoted%22', 'list', 'make', 'read'])
      expect(result.outputs.seen).toMatchObject({
        value: {
          printed: 'hello\n7',
          name: 'named.sh',
          inner: 'two',
          counts: { letters: 5 },
          texts: [
            ['0001.txt', 'text of one'],
            ['0002.txt', 'text of two "quoted"'],
          ],
          values: ['one', 'two "quoted"'],
          item: null,
          isAbsent: true,
          given: { device: 'cuda', gpus: ['7'], take: 1, env: { REPRISE_TEST_WORD: 'word of the environment' } },
        },
      })
      const ends = bench.calls.map(({ end }) => end)
      expect(ends.map(({ kind }) => kind)).toEqual(ends.map(() => 'executed'))
      const read = bench.calls.find(({ request }) => request.step === 'read')
      expect(read?.end).toMatchObject({ ran: { device: 'cuda', tools: { sh: '1' } } })
      // The local store has it all now: the next run executes nothing, also where the job is gone.
      const other = { ...everythingOf(bench), jobDir: bench.path('other') }
      expect((await bench.run(everything, other)).executed).toEqual([])
      expect(artifactsBelow(bench.path('other'))).toEqual(artifactsBelow(bench.jobDir))
    })

    it('gives a stage the take that is asked for, and each attempt a number', async () => {
      const bench = await executorBench(open)
      await bench.run(everything, everythingOf(bench))
      const reroll = { ...everythingOf(bench), selection: { reroll: ['read'] } }
      const { result } = await bench.run(everything, reroll)
      expect(result.outputs.seen).toMatchObject({ value: { given: { take: 2 } } })
      expect(bench.calls.at(-1)?.request).toMatchObject({ attempt: 1, action: { take: 2 } })
    })

    it('executes again what is to be compared, and finds the same', async () => {
      const bench = await executorBench(open)
      const selection = { checkDeterminism: ['make'], to: 'make' }
      const { result, of } = await bench.run(everything, { ...everythingOf(bench), selection })
      expect(result.failure).toBeUndefined()
      expect(bench.calls.map(({ request }) => request.step)).toEqual(['make', 'make'])
      expect(of('stage_compared')).toMatchObject([{ stage: 'make', differences: [] }])
    })

    it('tells progress, lines and warnings in their order, before the end', async () => {
      const bench = await executorBench(open)
      const { of, result } = await bench.run(one('tell'))
      expect(result.status).toBe('completed')
      const [call] = bench.calls
      expect(call?.told.map((line) => line.replace(/^tool \$.*/, 'tool $'))).toEqual([
        'progress 0.25 a quarter',
        'log first',
        'tool $',
        'tool aside',
        'progress 0.5',
        'log second',
        'tool $',
        expect.stringMatching(/^warning the stage returned while a program/),
      ])
      expect(
        of('stage_log')
          .map(({ line }) => line)
          .slice(0, 2),
      ).toEqual(['first', 'second'])
    })

    it.each<[Failure['kind'], object]>([
      ['stage-failed', { message: 'the stage refuses', retryAfterMs: 1 }],
      ['stage-exited', { tool: 'sh', exitCode: 3, stderrTail: 'what is wrong' }],
      ['device-out-of-memory', { device: 'cpu', message: 'too large' }],
      ['output-missing', { output: 'text' }],
      ['output-empty', { output: 'text' }],
      ['output-invalid', { output: 'value' }],
      ['contract-violated', { contract: 'is not bad', violations: [{ message: 'it is bad' }] }],
      ['input-changed', {}],
    ])('fails with %s, and nothing is recorded', async (kind, more) => {
      const { bench, run } = await failure(open, kind)
      expect(run.result.failure).toMatchObject({ kind, step: 'fail', ...more })
      const [call] = bench.calls
      expect(call?.end).toMatchObject({ kind: 'failed', failure: { kind, ...more } })
      expect((await bench.store.lookup(call?.request.key ?? '')).kind).toBe('absent')
      expect(artifactsBelow(bench.jobDir)).toEqual({})
    })

    it('fails with the frame of the author where the stage throws', async () => {
      const { run } = await failure(open, 'stage-threw')
      const { failure: found } = run.result
      if (found?.kind !== 'stage-threw') throw new Error(`it failed with ${found?.kind}`)
      expect(found.message).toBe('a mistake of the author')
      expect(found.stack.split('\n')[1]).toMatch(/authorsMistake \(.*executor-stages\.[jt]s:\d+:\d+\)/)
    })

    it('fails where a service of the stage is unavailable', async () => {
      const bench = await executorBench(open)
      const { result } = await bench.run(one('lack'), { services: stages.provisions })
      const said = { kind: 'service-unavailable', service: 'absent', step: 'lack', message: 'it is asleep' }
      expect(result.failure).toMatchObject(said)
    })

    it('ends what takes too long, and what that has started', async () => {
      const bench = await executorBench(open)
      const { result, of } = await bench.run(one('wait', { timeoutMs: 1000 }))
      expect(result.failure).toEqual({ kind: 'timed-out', step: 'wait', timeoutMs: 1000 })
      expect(bench.calls[0]?.request.limits).toEqual({ timeoutMs: 1000, killGraceMs: 5000, memoryRung: 0 })
      const [begun] = of('stage_progress')
      expect(isAlive(Number(begun?.note))).toBe(false)
    })

    it('ends what is cancelled, and what that has started, and leaves nothing', async () => {
      const bench = await executorBench(open)
      const controller = new AbortController()
      const { result, of } = await bench.run(one('wait'), {
        signal: controller.signal,
        onEvent: ({ event }) => {
          if (event === 'stage_progress') controller.abort()
        },
      })
      expect(result.status).toBe('cancelled')
      expect(bench.calls.map(({ end }) => end)).toEqual([{ kind: 'cancelled' }])
      const [begun] = of('stage_progress')
      expect(isAlive(Number(begun?.note))).toBe(false)
      expect(artifactsBelow(bench.jobDir)).toEqual({})
      expect((await bench.store.lookup(bench.calls[0]?.request.key ?? '')).kind).toBe('absent')
    })

    it('keeps secrets out of what it is asked, what it tells and what it answers', async () => {
      const bench = await executorBench(open)
      const { result, events } = await bench.run(one('blab'), { services: stages.provisions })
      expect(result.failure).toMatchObject({ kind: 'stage-failed', message: 'no luck with [secret token]' })
      expect(bench.calls[0]?.told).toContain('log the token is [secret token]')
      const said = [...bench.texts, JSON.stringify(events), JSON.stringify(result.failure)].join('\n')
      expect(said).not.toContain('hush')
    })
  })
}

/** Returns what two runs of a pipeline must have in common: the key of each step that has one, and the bytes of all files. */
export function keysAndBytes({ result }: ObservedRun, jobDir: string): object {
  const keys = [...result.outcomes].map(([step, outcome]) => [step, outcome.kind, 'key' in outcome ? outcome.key : ''])
  return { keys: keys.sort(), bytes: artifactsBelow(join(jobDir)) }
}
