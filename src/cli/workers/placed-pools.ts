import { dirname, resolve } from 'node:path'
import type { Result } from '../../../store/index.ts'
import { loadConfig, nearestConfig } from '../../config/config-loader.ts'
import type { WorkerPool } from '../../core/index.ts'
import type { CliContext } from '../command-line/cli-context.ts'

/** A pool whose steps workers execute, and the directory from which the path of its orders is read. */
export interface PlacedPool extends WorkerPool {
  readonly cwd: string
}

/** Returns the pools of a config; paths in it are seen from its folder. */
export function poolsOfConfig(
  workers: Readonly<Record<string, WorkerPool>> | undefined,
  configPath: string | undefined,
  cwd: string,
): Readonly<Record<string, PlacedPool>> {
  const base = configPath === undefined ? cwd : dirname(configPath)
  return Object.fromEntries(Object.entries(workers ?? {}).map(([name, pool]) => [name, { ...pool, cwd: base }]))
}

interface PoolFlags {
  readonly orders: string | undefined
  readonly pool: string | undefined
  readonly config: string | undefined
}

/** Returns the pools that a command is about: that of its flags, or those of the nearest config. */
export async function namedPools(
  { orders, pool, config: configFlag }: PoolFlags,
  { cwd }: Pick<CliContext, 'cwd'>,
): Promise<Result<Readonly<Record<string, PlacedPool>>, string>> {
  if (orders !== undefined) return { ok: true, value: { [pool ?? 'gpu']: { orders, cwd } } }
  const path = configFlag === undefined ? nearestConfig(cwd) : resolve(cwd, configFlag)
  const config = path === undefined ? undefined : await loadConfig(path)
  if (config?.ok === false) return config
  const pools = Object.entries(poolsOfConfig(config?.value.config.workers, path, cwd))
  const wanted = pools.filter(([name]) => pool === undefined || name === pool)
  if (wanted.length > 0) return { ok: true, value: Object.fromEntries(wanted) }
  const which = pool === undefined ? '' : ` of the pool '${pool}'`
  const example = `workers: { ${pool ?? 'gpu'}: { orders: '/mnt/team/orders' } }`
  return {
    ok: false,
    error: `no place of orders${which} is named: give --orders PLACE, or write ${example} into the config`,
  }
}
