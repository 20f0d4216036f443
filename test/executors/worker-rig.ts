import { pathToFileURL } from 'node:url'
import { onTestFinished } from 'vitest'
import type { ExecutorFactory } from '../../src/engine/execute/executor-site.ts'
import type { Engine, Station } from '../../src/executors/contract/engine.ts'
import { anySeal, type SealReader } from '../../src/executors/contract/sealed-order.ts'
import { RemoteExecutor } from '../../src/executors/run/remote-executor.ts'
import { runWorker } from '../../src/executors/worker/run-worker.ts'
import type { CacheStore } from '../../store/index.ts'
import type { OpenExecutor } from '../conformance/executor.ts'
import { programPath } from '../rig/program.ts'
import type { Workbench } from '../rig/workbench.ts'
import { createFileCache } from '../store/file-cache.ts'

/** An engine under test: both of its sides, for one workbench. */
export interface EngineSides {
  readonly engine: () => Engine | Promise<Engine>
  readonly station: () => Station | Promise<Station>
}

export interface WorkerOptions {
  /** The program whose exports are the stages that the workers know. */
  readonly module: string
  readonly workers?: number
  readonly slots?: number
  readonly pools?: readonly string[]
}

/** Returns executors whose runs have workers of their own, with stores of their own; these end with the test. */
export function withWorkers(
  sides: (workbench: Workbench) => Promise<EngineSides> | EngineSides,
  { module, workers = 1, slots = 2, pools = ['cpu', 'io', 'gpu'] }: WorkerOptions,
): OpenExecutor {
  return async (workbench) => {
    const opened = await sides(workbench)
    const engine = await opened.engine()
    const station = await opened.station()
    onTestFinished(() => engine.close())
    const cache = createFileCache(workbench.path('cache'))
    let count = 0
    const start = (): Promise<void>[] =>
      Array.from({ length: workers }).flatMap(() => {
        count += 1
        return pools.map((pool) => startWorker(workbench, station, { module, slots, pool, number: count }))
      })
    let isStarted = false
    return (site) => {
      if (!isStarted) for (const worker of start()) worker.catch(() => {})
      isStarted = true
      return remoteExecutor(site, { cache, engine, pools, scratch: workbench.dir })
    }
  }
}

function remoteExecutor(
  site: Parameters<ExecutorFactory>[0],
  {
    cache,
    engine,
    pools,
    scratch,
  }: {
    readonly cache: CacheStore
    readonly engine: Engine
    readonly pools: readonly string[]
    readonly scratch: string
  },
): RemoteExecutor {
  return new RemoteExecutor(site, {
    pools: new Map(pools.map((pool) => [pool, { engine, only: true }])),
    cache,
    scratch,
  })
}

/** Runs a worker in this process, whose slots are processes of their own. */
export function startWorker(
  workbench: Workbench,
  station: Station,
  {
    module,
    slots,
    pool,
    number,
    onLine = () => {},
    submitters = anySeal,
  }: {
    readonly module: string
    readonly slots: number
    readonly pool: string
    readonly number: number
    readonly onLine?: (line: string) => void
    readonly submitters?: SealReader
  },
): Promise<void> {
  const drain = new AbortController()
  const args = [
    workbench.path(`store-of-worker-${number}`),
    workbench.path('cache'),
    pathToFileURL(programPath(module)).href,
    'cuda',
  ]
  const ended = runWorker({
    station,
    pool,
    submitters,
    slots,
    slotCommand: { module: programPath('serve-test-slot'), args },
    device: 'cuda',
    gpus: ['7'],
    reprise: 'test',
    name: `worker-${number}`,
    drain: drain.signal,
    stop: drain.signal,
    onLine,
  })
  onTestFinished(async () => {
    drain.abort()
    await ended
  })
  return ended
}
