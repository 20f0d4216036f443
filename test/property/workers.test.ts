import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, it } from 'vitest'
import type { Graph } from '../../src/core/index.ts'
import { RemoteExecutor } from '../../src/executors/run/remote-executor.ts'
import { stageOfOrder } from '../../src/executors/worker/known-pipelines.ts'
import { createFileCache } from '../store/file-cache.ts'
import { LossyEngine } from './lossy-engine.ts'
import { pipelineOf } from './pipeline-of.ts'
import { checkOutputs, checkWhole, playRounds, run } from './rounds.ts'
import { explore, scenarios, timeLimitMs } from './runs.ts'

describe('a random graph whose steps workers execute', () => {
  it(
    'makes what the evaluator says, and executes what it says, whichever workers are lost',
    async () => {
      await explore(
        'workers',
        scenarios(fc.constant({}), 3),
        (scenario) => {
          return playRounds(scenario, async (laboratory, prepared, round) => {
            const dir = join(laboratory.dir, 'workers')
            mkdirSync(dir, { recursive: true })
            const cache = createFileCache(join(dir, 'cache'))
            const before = new Set(laboratory.recorded)
            const graphs = new Map<string, Graph>()
            const pipeline = pipelineOf(prepared.program, prepared.world, round.shuffle)
            // The worker's own pipeline: it has the same code, and no object of the run's.
            const engine = await LossyEngine.open(dir, {
              cache,
              seed: round.shuffle,
              find: async (order) => {
                const stage = stageOfOrder(pipeline, order, graphs)
                return stage.ok ? { ok: true, value: { stage: stage.value, services: [] } } : stage
              },
            })
            const pools = new Map([['cpu', { engine, only: true }]])
            const observed = await run(laboratory, prepared, round, {
              executor: (site) => new RemoteExecutor(site, { pools, cache, scratch: dir }),
            })
            await engine.close()
            await checkWhole(laboratory, prepared, before, observed)
            checkOutputs(prepared, observed.result)
          })
        },
        { share: 0.25 },
      )
    },
    timeLimitMs,
  )
})
