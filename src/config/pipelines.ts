import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { shippedPipelines } from '../../stages/pipelines.ts'
import type { Result } from '../../store/index.ts'
import type { Config } from '../core/declare/config.ts'
import { type AnyPipeline, type Offers, unknownName } from '../core/index.ts'
import { type ConfigOptions, loadConfig, nearestConfig } from './config-loader.ts'

/** A pipeline and where it comes from. */
export interface NamedPipeline {
  readonly pipeline: AnyPipeline
  /** `undefined` for a shipped one. */
  readonly configPath?: string
  /** What the config offers to the steps of every pipeline. */
  readonly offers?: Offers
  /** The config whose pools and services a shipped pipeline uses. */
  readonly offeredBy?: string
}

export type Pipelines = ReadonlyMap<string, NamedPipeline> & {
  /** The config that was loaded. */
  readonly configPath?: string
}

export interface PipelineSearch extends ConfigOptions {
  /** The pipeline that is needed, if that is known: no other shipped pipeline is loaded. */
  readonly wanted?: string | undefined
  /** The config that the job remembers. A pipeline that is asked for by name is looked for nearby first. */
  readonly jobConfig?: string | undefined
}

/** The names of the pipelines that ship. */
export const shippedNames: readonly string[] = [...shippedPipelines.keys()]

/** Returns the shipped pipelines and those of the user's config, in this order. */
export async function loadPipelines(
  cwd: string,
  configFlag: string | undefined,
  { wanted, jobConfig, ...options }: PipelineSearch = {},
): Promise<Result<Pipelines, string>> {
  const nearest = nearestConfig(cwd)
  const remembered = jobConfig !== undefined && existsSync(jobConfig) ? jobConfig : undefined
  const [first, second] = wanted === undefined ? [remembered, nearest] : [nearest, remembered]
  const path = configFlag === undefined ? (first ?? second) : resolve(cwd, configFlag)
  const loaded = await pipelinesOf(path, wanted, options)
  const isFound = !loaded.ok || wanted === undefined || loaded.value.has(wanted)
  const other = configFlag === undefined && path === first && second !== path ? second : undefined
  return isFound || other === undefined ? loaded : pipelinesOf(other, wanted, options)
}

async function pipelinesOf(
  path: string | undefined,
  wanted: string | undefined,
  options: ConfigOptions,
): Promise<Result<Pipelines, string>> {
  const config = path === undefined ? undefined : await loadConfig(path, options)
  if (config?.ok === false) return config
  const own = ownPipelines(config?.value)
  if (!own.ok) return own
  const { pools, services, remote, workers } = config?.value.config ?? {}
  const isOffered = [pools, services, remote, workers].some((offer) => offer !== undefined)
  const offers = config === undefined || !isOffered ? {} : { offers: config.value.config, offeredBy: config.value.path }
  const isKnown = wanted !== undefined && (own.value.has(wanted) || shippedPipelines.has(wanted))
  const pipelines = new Map<string, NamedPipeline>()
  for (const [name, load] of shippedPipelines) {
    if (!isKnown || name === wanted) pipelines.set(name, { pipeline: await load(), ...offers })
  }
  for (const [name, pipeline] of own.value) pipelines.set(name, pipeline)
  return { ok: true, value: Object.assign(pipelines, path === undefined ? {} : { configPath: path }) }
}

/** Returns the pipelines of a config by name; refuses a name that another one has, shipped ones included. */
export function ownPipelines(
  config: { readonly path: string; readonly config: Config } | undefined,
): Result<Pipelines, string> {
  const own = new Map<string, NamedPipeline>()
  if (config === undefined) return { ok: true, value: own }
  for (const pipeline of config.config.pipelines) {
    const { name } = pipeline
    const owner = shippedPipelines.has(name) ? 'a pipeline that ships with reprise' : 'another pipeline of this config'
    if (own.has(name) || shippedPipelines.has(name))
      return { ok: false, error: `${config.path}: the pipeline '${name}' has the name of ${owner}; rename it` }
    own.set(name, { pipeline, configPath: config.path, offers: config.config })
  }
  return { ok: true, value: own }
}

/** Returns the pipeline of that name, or an error that suggests the nearest name. */
export function findPipeline(pipelines: Pipelines, name: string): Result<NamedPipeline, string> {
  const found = pipelines.get(name)
  return found === undefined
    ? { ok: false, error: unknownName('pipeline', name, [...pipelines.keys()]) }
    : { ok: true, value: found }
}
