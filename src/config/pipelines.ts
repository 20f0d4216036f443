import type { Result } from '../../store/index.ts'
import type { Config } from '../core/declare/config.ts'
import { type AnyPipeline, type Offers, unknownName } from '../core/index.ts'
import { type ConfigOptions, loadConfig } from './config-loader.ts'

/** A pipeline and where it comes from. */
export interface NamedPipeline {
  readonly pipeline: AnyPipeline
  /** `undefined` for one that ships. */
  readonly configPath?: string
  /** What the config offers to the steps of every pipeline. */
  readonly offers?: Offers
}

export type Pipelines = ReadonlyMap<string, NamedPipeline>

/** What ships is large: it is loaded only by those who need it. */
const shippedNames = ['subtitles']

export interface PipelineSearch extends ConfigOptions {
  /** The one that is asked for, where that is known: others need not be returned. */
  readonly wanted?: string | undefined
}

/** Returns the pipelines that ship and those of the user's config, in this order. */
export async function loadPipelines(
  cwd: string,
  configFlag: string | undefined,
  { wanted, ...options }: PipelineSearch = {},
): Promise<Result<Pipelines, string>> {
  const config = await loadConfig(cwd, configFlag, options)
  if (!config.ok) return config
  const own = config.value?.config.pipelines.map(({ name }) => name) ?? []
  const isOwn = wanted !== undefined && own.includes(wanted) && !own.some((name) => shippedNames.includes(name))
  const shipped = isOwn ? [] : (await import('../../stages/index.ts')).pipelines
  return gatherPipelines(shipped, config.value)
}

/** Returns pipelines by name, or the name that two of them share. */
export function gatherPipelines(
  shipped: readonly AnyPipeline[],
  config: { readonly path: string; readonly config: Config } | undefined,
): Result<Pipelines, string> {
  const offers = config === undefined ? {} : { offers: config.config }
  const byName = new Map<string, NamedPipeline>(shipped.map((pipeline) => [pipeline.name, { pipeline, ...offers }]))
  for (const pipeline of config?.config.pipelines ?? []) {
    const before = byName.get(pipeline.name)
    if (before !== undefined) {
      const owner = before.configPath === undefined ? 'one that ships with reprise' : 'another of its own'
      return {
        ok: false,
        error: `${config?.path} has a pipeline '${pipeline.name}', which is also the name of ${owner}: rename it`,
      }
    }
    byName.set(pipeline.name, { pipeline, ...offers, ...(config === undefined ? {} : { configPath: config.path }) })
  }
  return { ok: true, value: byName }
}

/** Returns the pipeline of that name, or what the name may have been meant to be. */
export function findPipeline(pipelines: Pipelines, name: string): Result<NamedPipeline, string> {
  const found = pipelines.get(name)
  return found === undefined
    ? { ok: false, error: unknownName('pipeline', name, [...pipelines.keys()]) }
    : { ok: true, value: found }
}
