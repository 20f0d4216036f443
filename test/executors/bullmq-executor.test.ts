import { describeExecutor } from '../conformance/executor.ts'
import { startSharedRedis } from '../rig/redis-server.ts'
import { engineAt, stationAt } from './redis-orders.ts'
import { withWorkers } from './worker-rig.ts'

describeExecutor(
  'workers of a Redis server',
  withWorkers(
    async ({ dir }) => {
      const { url, end } = await startSharedRedis(dir)
      return { engine: () => engineAt(url), station: () => stationAt(url), close: end }
    },
    { module: 'executor-stages' },
  ),
)
