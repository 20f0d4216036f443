import type { RemoteOptions } from '../../../store/index.ts'
import type { Problem } from '../failure/failure.ts'
import { nearestName } from '../failure/nearest.ts'
import type { AnyPipeline } from './pipeline.ts'
import type { Provision } from './service.ts'
import type { AnyStage } from './stage.ts'

/** What a run provides for its steps. */
export interface Offers {
  /** The cache of the team, behind the store of this machine. */
  readonly remote?: RemoteOptions
  /** The author's own pools, by name and number of slots. */
  readonly pools?: Readonly<Record<string, number>>
  readonly services?: readonly Provision[]
  /** The pools whose steps workers execute, on this machine or on others, by name. */
  readonly workers?: Readonly<Record<string, WorkerPool>>
}

/** A pool whose steps workers execute: see `reprise worker`. */
export interface WorkerPool {
  /** Where its orders go: a folder that the machines share, seen from the config, or `redis://HOST:PORT`. */
  readonly orders: string
  /** How many of its steps at once; by default as many as its workers have slots when the run begins. */
  readonly slots?: number
  /** Whether a step fails that no worker can execute; else it is executed on the machine of the run. */
  readonly only?: boolean
}

/** What `reprise.config.ts` exports as its default. */
export interface Config extends Offers {
  /** Pipelines of the user's own, beside those that ship. */
  readonly pipelines: readonly AnyPipeline[]
}

/** Defines a config; it only gives the object its type. */
export function defineConfig(config: Config): Config {
  return config
}

/** The pools that are always there: what computes, what computes on a GPU, and what mostly waits. */
export const ownPools = ['cpu', 'gpu', 'io'] as const

/** Returns what is wrong with the pools that are declared, by name and number of slots. */
export function poolSizeProblems(sizes: Readonly<Record<string, number>>): readonly Problem[] {
  return Object.entries(sizes).flatMap(([name, size]) =>
    isCount(size) ? [] : [{ where: `pool ${name}`, message: `it has ${size} slots; give a whole number above zero` }],
  )
}

/** Returns what is wrong with the pool that a stage takes its slots from, where these pools are declared. */
export function poolProblems(where: string, { resources }: AnyStage, declared: readonly string[]): readonly Problem[] {
  const { pool = 'cpu', slots = 1 } = resources ?? {}
  const problems: Problem[] = []
  if (!isCount(slots)) problems.push({ where, message: `it takes ${slots} slots; give a whole number above zero` })
  const known = [...ownPools, ...declared]
  if (!known.includes(pool)) {
    const near = nearestName(pool, known)
    const hint = near === undefined ? '' : `: did you mean '${near}'?`
    const message = `unknown pool '${pool}'${hint} (valid: ${known.join(', ')}); declare it in the config with pools: { ${JSON.stringify(pool)}: 2 }, or use --pool ${pool}=2`
    problems.push({ where, message })
  }
  return problems
}

function isCount(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 1
}
