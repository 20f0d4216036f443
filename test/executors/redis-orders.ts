import { mkdirSync } from 'node:fs'
import type { Engine, Station } from '../../src/executors/contract/engine.ts'
import { openEngine, openStation } from '../../src/executors/open-orders.ts'
import { startRedis } from '../rig/redis-server.ts'
import type { Workbench } from '../rig/workbench.ts'

const times = { lockMs: 1500 }

/** Starts a Redis server for one workbench, and returns its address. */
export async function redisFor({ path }: Workbench): Promise<string> {
  mkdirSync(path('redis'))
  return (await startRedis(path('redis'))).url
}

/** Opens the side of a run. */
export async function engineAt(url: string): Promise<Engine> {
  const engine = await openEngine({ kind: 'redis', url }, times)
  if (!engine.ok) throw new Error(engine.error)
  return engine.value
}

/** Opens the side of a worker. */
export async function stationAt(url: string): Promise<Station> {
  const station = await openStation({ kind: 'redis', url }, times)
  if (!station.ok) throw new Error(station.error)
  return station.value
}
