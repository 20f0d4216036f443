import { describeExecutor } from '../conformance/executor.ts'
import { engineAt, redisFor, stationAt } from './redis-orders.ts'
import { withWorkers } from './worker-rig.ts'

describeExecutor(
  'workers of a Redis server',
  withWorkers(
    async (workbench) => {
      const url = await redisFor(workbench)
      return { engine: () => engineAt(url), station: () => stationAt(url) }
    },
    { module: 'executor-stages', pools: ['cpu'] },
  ),
)
