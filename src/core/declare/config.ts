import type { RemoteOptions } from '../../../store/index.ts'
import type { Device } from '../failure/device.ts'
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
  /** Has Slurm start the workers, when there are orders; these go to a folder. */
  readonly slurm?: SlurmJobs
  /** Has another batch system start the workers, by its commands; orders go to a folder. */
  readonly batch?: BatchJobs
}

/** What the jobs of a pool are like, each of which is a worker. */
export interface WorkerJobs {
  /** How many at once, at most; 100 by default. */
  readonly jobs?: number
  /** The time that a job has: `4h`, `30m`. A step that takes longer fails with `timed-out`. */
  readonly time?: string
  /**
   * How many steps a job executes: as many as there are until it has had a tenth of its time, at most half an hour, or one
   * alone. By default as many.
   */
  readonly steps?: 'many' | 'one'
  /** The device that steps are for; by default that of the pool's last job, else `cuda` where `gres` asks for a GPU. */
  readonly device?: Device
  /** Lines of the shell that come before the worker: `module load ffmpeg`. */
  readonly setup?: readonly string[]
  /** Names of variables of the run's environment that jobs get, beside PATH, HOME, the language and those of Reprise. */
  readonly env?: readonly string[]
  /** The words that start Reprise on a node; by default as the run was started. */
  readonly program?: readonly string[]
  /** The directory of the workers' store, on a disk of the node; by default one in its directory for temporary files. */
  readonly store?: string
}

/** The jobs of a pool that Slurm starts. */
export interface SlurmJobs extends WorkerJobs {
  readonly partition?: string
  readonly account?: string
  readonly qos?: string
  /** `32G`. */
  readonly memory?: string
  readonly cpus?: number
  /** `gpu:1`. */
  readonly gres?: string
  /** Further options of `sbatch`: `['--constraint=a100']`. */
  readonly options?: readonly string[]
}

/**
 * The jobs of a pool that the commands of a batch system start. In each, a placeholder becomes one word of the shell, or,
 * for `{ids}`, as many as there are; it stands outside of quotes.
 */
export interface BatchJobs extends WorkerJobs {
  /** Submits `{script}`, and prints a number: `qsub -N {name} -o {log} {script}`. */
  readonly submit: string
  /** Prints the numbers of the jobs that wait or run, such as a table: `qstat -u "$USER"`. May use `{ids}`. */
  readonly status: string
  /** Ends jobs: `qdel {ids}`. */
  readonly cancel: string
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

type Check = (value: unknown) => boolean
const isText: Check = (value) => typeof value === 'string' && value !== ''
const isWhole: Check = (value) => typeof value === 'number' && isCount(value)
const isTexts: Check = (value) => Array.isArray(value) && value.every((one) => typeof one === 'string')
const isOneOf =
  (...values: readonly string[]): Check =>
  (value) =>
    values.some((one) => one === value)

const ofJobs: Readonly<Record<keyof WorkerJobs, Check>> = {
  jobs: isWhole,
  time: (value) => typeof value === 'string' && jobTimeMs(value) !== undefined,
  steps: isOneOf('many', 'one'),
  device: isOneOf('cpu', 'cuda', 'mps'),
  setup: isTexts,
  env: isTexts,
  program: (value) => isTexts(value) && Array.isArray(value) && value.length > 0,
  store: isText,
}
const ofSlurm: Readonly<Record<keyof SlurmJobs, Check>> = {
  ...ofJobs,
  partition: isText,
  account: isText,
  qos: isText,
  memory: isText,
  cpus: isWhole,
  gres: isText,
  options: isTexts,
}
const ofBatch: Readonly<Record<keyof BatchJobs, Check>> = { ...ofJobs, submit: isText, status: isText, cancel: isText }
const ofPool: Readonly<Record<keyof WorkerPool, Check>> = {
  orders: isText,
  slots: isWhole,
  only: (value) => typeof value === 'boolean',
  slurm: (value) => typeof value === 'object',
  batch: (value) => typeof value === 'object',
}

/** Returns what is wrong with what a config says of a pool of workers. */
export function workerPoolProblem(name: string, value: unknown): string | undefined {
  const where = `workers.${name}`
  const wrong = fieldProblem(where, value, ofPool)
  if (wrong !== undefined || typeof value !== 'object' || value === null) return wrong
  if (!('orders' in value)) return `${where} must say where its orders go, as in { orders: '/mnt/team/orders' }`
  const { slurm, batch } = { slurm: undefined, batch: undefined, ...value }
  if (slurm !== undefined && batch !== undefined) return `${where} has both 'slurm' and 'batch': give one`
  if (slurm !== undefined) return fieldProblem(`${where}.slurm`, slurm, ofSlurm)
  if (batch === undefined) return undefined
  const missing = (['submit', 'status', 'cancel'] as const).find((one) => !(one in Object(batch)))
  if (missing !== undefined) return `${where}.batch lacks '${missing}', a command of the batch system`
  return fieldProblem(`${where}.batch`, batch, ofBatch)
}

function fieldProblem(where: string, value: unknown, checks: Readonly<Record<string, Check>>): string | undefined {
  if (typeof value !== 'object' || value === null) return `${where} must be an object`
  for (const [name, one] of Object.entries(value)) {
    if (!Object.hasOwn(checks, name))
      return `${where}: there is no '${name}' (valid: ${Object.keys(checks).join(', ')})`
    if (one !== undefined && checks[name]?.(one) === false) return `${where}.${name} cannot be ${JSON.stringify(one)}`
  }
  return undefined
}

const units: Readonly<Record<string, number>> = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 }

/** Returns how many milliseconds `90s`, `30m`, `4h` or `2d` are; undefined for any other text. */
export function jobTimeMs(text: string): number | undefined {
  const [, amount, unit = ''] = /^(\d+(?:\.\d+)?)\s*([smhd])$/.exec(text.trim()) ?? []
  const factor = units[unit]
  return amount === undefined || factor === undefined ? undefined : Math.round(Number(amount) * factor)
}
