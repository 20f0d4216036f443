import { resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Result } from '../../store/index.ts'
import type { WorkerPool } from '../core/index.ts'
import type { BatchOptions, BatchPlace } from './batch/batch-engine.ts'
import type { KeeperTimes } from './batch/job-keeper.ts'
import type { Engine, Station } from './contract/engine.ts'
import type { FolderTimes } from './folder/folder-engine.ts'

/** Where orders go: a folder that machines share, that folder with a batch system, or the address of a server. */
export type OrdersPlace =
  | { readonly kind: 'folder'; readonly dir: string }
  | ({ readonly kind: 'batch' } & BatchPlace)
  | { readonly kind: 'redis'; readonly url: string }

/** How often engines look and tell; by default as suits them. */
export interface EngineTimes extends FolderTimes, Partial<KeeperTimes> {
  /** How long a Redis server keeps an order for a worker that is silent. */
  readonly lockMs?: number
}

/** Returns the place of a pool's orders, as a config describes it. */
export function placeOfPool({ orders, slurm, batch }: WorkerPool, cwd: string): Result<OrdersPlace, string> {
  const place = ordersPlace(orders, cwd)
  if (!place.ok || (slurm === undefined && batch === undefined)) return place
  if (place.value.kind === 'redis')
    return { ok: false, error: 'orders for a batch system go to a folder, not to Redis' }
  const { dir } = place.value
  if (slurm !== undefined) return { ok: true, value: { kind: 'batch', dir, jobs: { kind: 'slurm', slurm } } }
  return batch === undefined ? place : { ok: true, value: { kind: 'batch', dir, jobs: { kind: 'batch', batch } } }
}

/**
 * Returns the place that a text names: `/mnt/team/orders`, `file:///mnt/team/orders`, `redis://HOST:PORT`, or
 * `slurm:/mnt/team/orders` for jobs of Slurm's default partition.
 */
export function ordersPlace(text: string, cwd: string): Result<OrdersPlace, string> {
  if (text.startsWith('slurm:')) {
    const place = ordersPlace(text.slice('slurm:'.length), cwd)
    return place.ok && place.value.kind === 'folder'
      ? { ok: true, value: { kind: 'batch', dir: place.value.dir, jobs: { kind: 'slurm', slurm: {} } } }
      : { ok: false, error: `'${text}' names no folder; write it as slurm:/mnt/orders` }
  }
  const scheme = /^([a-z][a-z0-9+.-]+):\/\//i.exec(text)?.[1]?.toLowerCase()
  if (scheme === undefined) {
    return text === ''
      ? { ok: false, error: 'it names no place' }
      : { ok: true, value: { kind: 'folder', dir: resolve(cwd, text) } }
  }
  if (scheme === 'file') {
    try {
      return { ok: true, value: { kind: 'folder', dir: fileURLToPath(text) } }
    } catch {
      return { ok: false, error: `'${text}' is not an address of a folder; write it as file:///mnt/orders` }
    }
  }
  if (scheme === 'redis' || scheme === 'rediss') {
    return URL.canParse(text)
      ? { ok: true, value: { kind: 'redis', url: text } }
      : // It may hold a password.
        { ok: false, error: 'it is not a valid address; write it as redis://HOST:PORT' }
  }
  return { ok: false, error: `orders go to a folder or to redis://HOST:PORT, not to ${scheme}://` }
}

/** Returns the side of a run. Nothing of an engine is loaded before. */
export async function openEngine(
  place: OrdersPlace,
  times: EngineTimes = {},
  batch: Omit<BatchOptions, 'times'> = {},
): Promise<Result<Engine, string>> {
  if (place.kind === 'batch') {
    const { openBatchEngine } = await import('./batch/batch-engine.ts')
    const engine = openBatchEngine(place, { ...batch, times })
    return 'wrong' in engine ? { ok: false, error: engine.wrong } : { ok: true, value: engine }
  }
  if (place.kind === 'folder') {
    const { FolderEngine } = await import('./folder/folder-engine.ts')
    return { ok: true, value: new FolderEngine(place.dir, times) }
  }
  const { openBullmqEngine } = await import('./bullmq/bullmq-engine.ts')
  const engine = await openBullmqEngine(place.url, times.lockMs)
  return 'missing' in engine ? { ok: false, error: engine.missing } : { ok: true, value: engine }
}

/** Returns the side of a worker. */
export async function openStation(place: OrdersPlace, times: EngineTimes = {}): Promise<Result<Station, string>> {
  if (place.kind !== 'redis') {
    const { FolderStation } = await import('./folder/folder-station.ts')
    return { ok: true, value: new FolderStation(place.dir, times) }
  }
  const { openBullmqStation } = await import('./bullmq/bullmq-station.ts')
  const station = await openBullmqStation(place.url, times.lockMs)
  return 'missing' in station ? { ok: false, error: station.missing } : { ok: true, value: station }
}
