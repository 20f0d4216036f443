import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { FolderEngine } from '../../src/executors/folder/folder-engine.ts'
import { FolderStation } from '../../src/executors/folder/folder-station.ts'
import { describeExecutor } from '../conformance/executor.ts'
import { describeLosses } from './losses.ts'
import { withWorkers } from './worker-rig.ts'

const times = { lookMs: 10, beatMs: 500 }

describeExecutor(
  'workers that share a folder',
  withWorkers(
    ({ dir }) => {
      const orders = join(dir, 'orders')
      mkdirSync(orders)
      return { engine: () => new FolderEngine(orders, times), station: () => new FolderStation(orders, times) }
    },
    { module: 'executor-stages' },
  ),
)

describeLosses('workers that share a folder', {
  orders: ({ path }) => path('orders'),
  engine: (orders) => new FolderEngine(orders, { ...times, lostAfterMs: 1500 }),
})
