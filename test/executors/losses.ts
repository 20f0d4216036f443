import { type ChildProcess, spawn } from 'node:child_process'
import { pathToFileURL } from 'node:url'
import { describe, expect, it, onTestFinished } from 'vitest'
import { z } from 'zod'
import { type AnyPipeline, definePipeline, type EventOf, type Listener } from '../../src/core/index.ts'
import type { RunRequest } from '../../src/engine/index.ts'
import type { Engine } from '../../src/executors/contract/engine.ts'
import { RemoteExecutor } from '../../src/executors/run/remote-executor.ts'
import { programPath } from '../rig/program.ts'
import { createWorkbench, type Workbench } from '../rig/workbench.ts'
import { createFileCache } from '../store/file-cache.ts'
import * as stages from './scripts/worker-stages.ts'

const { stuckOnce, poison, block, choosy, sendsMessages } = stages
const all = { stuckOnce, poison, choosy, sendsMessages }

function one(stage: keyof typeof all): AnyPipeline {
  return definePipeline({
    name: 'one',
    inputs: {},
    params: z.object({ dir: z.string() }),
    build: ({ step, params }) => step(all[stage], {}, { params }),
  })
}

const blocked = definePipeline({
  name: 'blocked',
  inputs: {},
  params: z.object({ dir: z.string(), ms: z.number() }),
  build: ({ step, params }) => step(block, {}, { params }),
})

/** An engine under test, which takes a worker for lost that is silent for about a second and a half. */
export interface EngineUnderTest {
  /** Returns where orders go, for one workbench. */
  readonly orders: (workbench: Workbench) => Promise<string> | string
  readonly engine: (orders: string) => Promise<Engine> | Engine
}

interface TestWorker {
  readonly child: ChildProcess
  readonly ended: Promise<void>
  /** Resolves at the first line with this text. */
  says(text: string): Promise<void>
}

interface LossBench extends Workbench {
  readonly only: (isOnly: boolean) => Pick<RunRequest, 'executor'>
  start(name: string, device?: 'cpu' | 'cuda'): Promise<TestWorker>
}

async function lossBench({ orders, engine }: EngineUnderTest): Promise<LossBench> {
  const workbench = await createWorkbench()
  const place = await orders(workbench)
  const opened = await engine(place)
  onTestFinished(() => opened.close())
  const cache = createFileCache(workbench.path('cache'))
  const only = (isOnly: boolean): Pick<RunRequest, 'executor'> => ({
    executor: (site) =>
      new RemoteExecutor(site, {
        pools: new Map([['cpu', { engine: opened, only: isOnly }]]),
        cache,
        scratch: workbench.dir,
      }),
  })
  return {
    ...workbench,
    only,
    start: async (name, device = 'cpu') => {
      const module = pathToFileURL(programPath('worker-stages')).href
      const args = [workbench.path(`store-${name}`), workbench.path('cache'), module, device]
      const settings = { orders: place, slot: programPath('serve-test-slot'), args, device, name }
      const worker = testWorker(JSON.stringify(settings))
      await worker.says('takes orders')
      return worker
    },
  }
}

function testWorker(settings: string): TestWorker {
  const child = spawn(process.execPath, [programPath('run-test-worker'), settings], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let said = ''
  const waiting = new Set<() => void>()
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    said += text
    for (const look of waiting) look()
  })
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()))
  onTestFinished(async () => {
    child.kill('SIGCONT')
    child.kill('SIGTERM')
    await ended
  })
  const says = (text: string) =>
    new Promise<void>((resolve, reject) => {
      const look = () => {
        if (!said.includes(text)) return
        waiting.delete(look)
        resolve()
      }
      waiting.add(look)
      look()
      void ended.then(() => reject(new Error(`the worker ended without '${text}': ${said}`)))
    })
  return { child, ended, says }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}

const onProgress =
  (work: (event: EventOf<'stage_progress'>) => void): Listener =>
  (event) => {
    if (event.event === 'stage_progress') work(event)
  }

/** Tries what becomes of a step whose worker is killed, freezes, differs or is ended by the step itself. */
export function describeLosses(name: string, engine: EngineUnderTest): void {
  describe(`${name}, when workers are lost`, () => {
    it('has another worker execute the step after SIGKILL of the first, and leaves no process', async () => {
      const bench = await lossBench(engine)
      const first = await bench.start('first')
      let slot = 0
      let second: Promise<TestWorker> | undefined
      const { result, of } = await bench.run(one('stuckOnce'), {
        ...bench.only(true),
        params: { dir: bench.dir },
        onEvent: onProgress(({ note }) => {
          slot = Number(note)
          second ??= bench.start('second')
          first.child.kill('SIGKILL')
        }),
      })
      expect(result.failure).toBeUndefined()
      expect(of('stage_lost')).toMatchObject([{ worker: expect.stringMatching(/^first-/), count: 1 }])
      expect(of('stage_retrying')).toEqual([])
      expect(of('stage_running').map(({ attempt }) => attempt)).toEqual([1])
      expect(of('stage_placed').at(-1)?.worker).toMatch(/^second-/)
      // Its watchdog may be slower than a worker that is there already.
      await expect.poll(() => isAlive(slot), { timeout: 10_000 }).toBe(false)
      await second
    })

    it('has another worker execute the step of one that is frozen, which gives up when it thaws', async () => {
      const bench = await lossBench(engine)
      const first = await bench.start('first')
      let second: Promise<TestWorker> | undefined
      const { result, of } = await bench.run(one('stuckOnce'), {
        ...bench.only(true),
        params: { dir: bench.dir },
        onEvent: onProgress(() => {
          second ??= bench.start('second')
          first.child.kill('SIGSTOP')
        }),
      })
      expect(result.failure).toBeUndefined()
      expect(of('stage_lost')).toHaveLength(1)
      expect(of('stage_completed')).toHaveLength(1)
      first.child.kill('SIGCONT')
      await first.says('stuck-once: cancelled')
      await second
    })

    it('fails with worker-lost where the step ends whatever executes it', async () => {
      const bench = await lossBench(engine)
      await bench.start('only')
      const { result, of } = await bench.run(one('poison'), { ...bench.only(true), params: { dir: bench.dir } })
      expect(result.failure).toMatchObject({ kind: 'worker-lost', step: 'poison' })
      expect(of('stage_lost').map(({ count }) => count)).toEqual([1, 2, 3])
    })

    it('does not take a worker for lost whose step blocks its event loop', async () => {
      const bench = await lossBench(engine)
      await bench.start('only')
      const { result, of } = await bench.run(blocked, { ...bench.only(true), params: { dir: bench.dir, ms: 4000 } })
      expect(result.failure).toBeUndefined()
      expect(of('stage_lost')).toEqual([])
    })

    it('goes on where the code of a step sends messages of its own to the worker', async () => {
      const bench = await lossBench(engine)
      await bench.start('only')
      const { result, of } = await bench.run(one('sendsMessages'), { ...bench.only(true), params: { dir: bench.dir } })
      expect(result.failure).toBeUndefined()
      expect(of('stage_lost')).toEqual([])
    })

    it('fails with what differs, or is executed here, where no worker computes the same', async () => {
      const bench = await lossBench(engine)
      await bench.start('only', 'cpu')
      const params = { dir: bench.dir }
      const request = { params, device: 'cuda', gpus: ['0'] } as const
      const refused = await bench.run(one('choosy'), { ...request, ...bench.only(true) })
      expect(refused.result.failure).toMatchObject({
        kind: 'worker-differs',
        step: 'choosy',
        worker: expect.stringMatching(/^only-/),
        differences: ['device "cuda" -> "cpu"'],
      })
      const here = await bench.run(one('choosy'), { ...request, ...bench.only(false) })
      expect(here.result.failure).toBeUndefined()
      expect(here.of('stage_log')).toMatchObject([{ level: 'warn', line: expect.stringContaining('worker-differs') }])
    })

    it('gives an order back when a worker has to end', async () => {
      const bench = await lossBench(engine)
      const first = await bench.start('first')
      let second: Promise<TestWorker> | undefined
      const { result, of } = await bench.run(one('stuckOnce'), {
        ...bench.only(true),
        params: { dir: bench.dir },
        onEvent: onProgress(() => {
          second ??= bench.start('second')
          first.child.kill('SIGTERM')
        }),
      })
      expect(result.failure).toBeUndefined()
      expect(of('stage_lost')).toEqual([])
      expect(of('stage_placed').at(-1)?.worker).toMatch(/^second-/)
      await first.ended
      await second
    })
  })
}
