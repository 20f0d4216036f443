import { shippedPipelines } from '../../stages/pipelines.ts'
import type { Result } from '../../store/index.ts'
import type { Config } from '../core/declare/config.ts'
import { type AnyPipeline, type Offers, unknownName } from '../core/index.ts'
import { type ConfigOptions, loadConfig } from './config-loader.ts'

/** A pipeline and where it comes from. */
export interface NamedPipeline {
  readonly pipeline: AnyPipeline
  /** `undefined` for a shipped one. */
  readonly configPath?: string
  /** What the config offers to the steps of every pipeline. */
  readonly offers?: Offers
}

export type Pipelines = ReadonlyMap<string, NamedPipeline>

export interface PipelineSearch extends ConfigOptions {
  /** The pipeline that is needed, if that is known: no other shipped pipeline is loaded. */
  readonly wanted?: string | undefined
}

/** Returns the shipped pipelines and those of the user's config, in this order. */
export async function loadPipelines(
  cwd: string,
  configFlag: string | undefined,
  { wanted, ...options }: PipelineSearch = {},
): Promise<Result<Pipelines, string>> {
  const config = await loadConfig(cwd, configFlag, options)
  if (!config.ok) return config
  const own = ownPipelines(config.value)
  if (!own.ok) return own
  const offers = config.value === undefined ? {} : { offers: config.value.config }
  const isKnown = wanted !== undefined && (own.value.has(wanted) || shippedPipelines.has(wanted))
  const pipelines = new Map<string, NamedPipeline>()
  for (const [name, load] of shippedPipelines) {
    if (!isKnown || name === wanted) pipelines.set(name, { pipeline: await load(), ...offers })
  }
  for (const [name, pipeline] of own.value) pipelines.set(name, pipeline)
  return { ok: true, value: pipelines }
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
