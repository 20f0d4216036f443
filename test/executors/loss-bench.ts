import { type ChildProcess, spawn } from 'node:child_process'
import { pathToFileURL } from 'node:url'
import { onTestFinished } from 'vitest'
import { z } from 'zod'
import { type AnyPipeline, definePipeline, type EventOf, type Listener } from '../../src/core/index.ts'
import type { RunRequest } from '../../src/engine/index.ts'
import type { Engine } from '../../src/executors/contract/engine.ts'
import { RemoteExecutor } from '../../src/executors/run/remote-executor.ts'
import { programPath } from '../rig/program.ts'
import { createWorkbench, type ObservedRun, type Workbench } from '../rig/workbench.ts'
import { createFileCache } from '../store/file-cache.ts'
import * as stages from './scripts/worker-stages.ts'

const { stuckOnce, poison, block, choosy, sendsMessages } = stages
const all = { stuckOnce, poison, choosy, sendsMessages }

export function one(stage: keyof typeof all): AnyPipeline {
  return definePipeline({
    name: 'one',
    inputs: {},
    params: z.object({ dir: z.string() }),
    build: ({ step, params }) => step(all[stage], {}, { params }),
  })
}

export const blocked = definePipeline({
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

export interface TestWorker {
  readonly child: ChildProcess
  readonly ended: Promise<void>
  /** Resolves at the first line with this text. */
  says(text: string): Promise<void>
}

export interface LossBench extends Workbench {
  readonly only: (isOnly: boolean) => Pick<RunRequest, 'executor'>
  /** Runs a step whose first execution never ends, and lets something happen to that; `pid`: the process that executes it. */
  whileStuck(meanwhile: (pid: number) => void): Promise<ObservedRun>
  start(name: string, device?: 'cpu' | 'cuda'): Promise<TestWorker>
}

export async function lossBench({ orders, engine }: EngineUnderTest): Promise<LossBench> {
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
    whileStuck: (meanwhile) => {
      let isFirst = true
      const onEvent = onProgress(({ note }) => {
        if (isFirst) meanwhile(Number(note))
        isFirst = false
      })
      return workbench.run(one('stuckOnce'), { ...only(true), params: { dir: workbench.dir }, onEvent })
    },
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

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}

export const onProgress =
  (work: (event: EventOf<'stage_progress'>) => void): Listener =>
  (event) => {
    if (event.event === 'stage_progress') work(event)
  }
