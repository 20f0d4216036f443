import { mkdirSync } from 'node:fs'
import { pathToFileURL } from 'node:url'
import { BatchEngine, type BatchPlace } from '../../src/executors/batch/batch-engine.ts'
import type { WorkerLaunch } from '../../src/executors/batch/job-script.ts'
import { programPath } from '../rig/program.ts'
import type { EngineUnderTest } from './loss-bench.ts'

/** Looks often, and takes a worker for lost that is silent for about a second and a half. */
export const quickTimes = {
  lookMs: 20,
  beatMs: 300,
  lostAfterMs: 1500,
  lateMs: { done: 1000, broken: 200 },
  collectMs: 50,
  pollMs: 300,
  pollMaxMs: 1000,
}

/** How a job starts the worker of tests. */
export function testLaunch(
  slotArgs: readonly string[],
  more: { readonly device?: 'cpu' | 'cuda'; readonly gpus?: readonly string[]; readonly orders: string },
): WorkerLaunch {
  const settings = { slot: programPath('serve-test-slot'), args: slotArgs, device: 'cpu', name: 'job', ...more }
  return {
    program: [process.execPath, programPath('run-test-worker'), JSON.stringify(settings)],
    args: [],
    cwd: more.orders,
    env: process.env,
  }
}

/** An engine whose workers a batch system starts, with the stages of the tests of losses. */
export function batchUnderTest(
  jobs: BatchPlace['jobs'],
  onLine: (line: string) => void = () => {},
  times: Partial<typeof quickTimes> = {},
): EngineUnderTest & { readonly again: (orders: string) => BatchEngine } {
  const again = (orders: string) => {
    const module = pathToFileURL(programPath('worker-stages')).href
    const launch = testLaunch([`${orders}/store`, `${orders}/../cache`, module, 'cpu'], { orders })
    return new BatchEngine({ dir: orders, jobs }, { times: { ...quickTimes, ...times }, launch, idleMs: 500, onLine })
  }
  return {
    orders: ({ path }) => {
      mkdirSync(path('orders'))
      return path('orders')
    },
    engine: again,
    again,
  }
}
