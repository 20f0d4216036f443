import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterAll } from 'vitest'
import type { ExecutorFactory } from '../../src/engine/execute/executor-site.ts'
import { removeTree } from '../../src/engine/system/remove-tree.ts'
import type { Engine, Station } from '../../src/executors/contract/engine.ts'
import { anySeal } from '../../src/executors/contract/sealed-order.ts'
import { RemoteExecutor } from '../../src/executors/run/remote-executor.ts'
import { runWorker } from '../../src/executors/worker/run-worker.ts'
import type { CacheStore } from '../../store/index.ts'
import type { OpenExecutor } from '../conformance/executor.ts'
import { programPath } from '../rig/program.ts'
import { createFileCache } from '../store/file-cache.ts'

/** An engine under test. */
export interface EngineSides {
  readonly engine: () => Engine | Promise<Engine>
  /** The side of workers; absent where the engine starts them. */
  readonly station?: () => Station | Promise<Station>
  readonly close?: () => Promise<void>
}

/** What tests of a file share: where their workers, these workers' stores and their cache are. */
export interface Fleet {
  readonly dir: string
  /** The program of a worker's slot, and its arguments but for the store. */
  readonly slot: string
  readonly slotArgs: (store: string) => readonly string[]
}

/**
 * Returns executors whose runs have one worker between them, which starts with the first test of a file and ends with the
 * last one. Its steps come from the stages that a program exports.
 */
export function withWorkers(
  sides: (fleet: Fleet) => Promise<EngineSides> | EngineSides,
  { module, slots = 2, pool = 'cpu' }: { readonly module: string; readonly slots?: number; readonly pool?: string },
): OpenExecutor {
  const ends: (() => unknown)[] = []
  afterAll(async () => {
    for (const end of ends.reverse()) await end()
  }, 30_000)

  async function start(): Promise<{ readonly engine: Engine; readonly cache: CacheStore }> {
    const dir = mkdtempSync(join(tmpdir(), 'reprise-fleet-'))
    ends.push(() => removeTree(dir))
    const slot = programPath('serve-test-slot')
    const slotArgs = (store: string) => [store, join(dir, 'cache'), pathToFileURL(programPath(module)).href, 'cuda']
    const opened = await sides({ dir, slot, slotArgs })
    if (opened.close !== undefined) ends.push(opened.close)
    const engine = await opened.engine()
    ends.push(() => engine.close())
    const station = await opened.station?.()
    if (station !== undefined) {
      const drain = new AbortController()
      const ended = runWorker({
        station,
        pool,
        submitters: anySeal,
        slots,
        slotCommand: { module: slot, args: slotArgs(join(dir, 'store')) },
        device: 'cuda',
        gpus: ['7'],
        reprise: 'test',
        name: 'worker',
        drain: drain.signal,
        stop: drain.signal,
        onLine: () => {},
      })
      ended.catch(() => {})
      ends.push(() => {
        drain.abort()
        return ended
      })
    }
    return { engine, cache: createFileCache(join(dir, 'cache')) }
  }

  let fleet: ReturnType<typeof start> | undefined
  return async (workbench): Promise<ExecutorFactory> => {
    fleet ??= start()
    const { engine, cache } = await fleet
    return (site) =>
      new RemoteExecutor(site, {
        pools: new Map([[pool, { engine, only: true }]]),
        cache,
        scratch: workbench.dir,
      })
  }
}
