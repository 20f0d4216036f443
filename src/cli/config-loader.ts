import { statSync } from 'node:fs'
import { createRequire } from 'node:module'
import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { AnyPipeline } from '../core/index.ts'
import type { Config } from './config.ts'
import { defineSourcedStage } from './sourced-stages.ts'

const configNames = ['reprise.config.ts', 'reprise.config.mts', 'reprise.config.js', 'reprise.config.mjs'] as const

/** Returns where a config is, or may come to be. Absolute. */
export function configPaths(cwd: string, path: string | undefined): readonly string[] {
  return path === undefined ? configNames.map((name) => resolve(cwd, name)) : [resolve(cwd, path)]
}

export type LoadedConfig =
  | { readonly ok: true; readonly value: { readonly path: string; readonly config: Config } | undefined }
  | { readonly ok: false; readonly error: string }

/**
 * Loads the config that `path` names, or the one in `cwd` where there is one.
 * The loader itself is loaded only then, because it takes longer than all the rest of a start.
 */
export async function loadConfig(cwd: string, path: string | undefined): Promise<LoadedConfig> {
  const candidates = configPaths(cwd, path)
  const found = path === undefined ? candidates.find(isFile) : candidates[0]
  if (found === undefined) return { ok: true, value: undefined }
  if (!isFile(found)) return { ok: false, error: `there is no config file ${found}` }
  const exported = await evaluate(found)
  if (!exported.ok) return exported
  const problem = configProblem(exported.value)
  if (problem !== undefined) return { ok: false, error: `${found} is no config: ${problem}` }
  return isConfig(exported.value)
    ? { ok: true, value: { path: found, config: exported.value } }
    : { ok: false, error: `${found} is no config` }
}

function isFile(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFile() === true
}

type Evaluated = { readonly ok: true; readonly value: unknown } | { readonly ok: false; readonly error: string }

async function evaluate(path: string): Promise<Evaluated> {
  const { createJiti } = await import('jiti')
  const virtualModules = await runningModules(path)
  try {
    const jiti = createJiti(pathToFileURL(path).href, { virtualModules, interopDefault: false })
    const loaded: unknown = await jiti.import(path)
    return { ok: true, value: defaultExport(loaded) }
  } catch (error) {
    const told = error instanceof Error ? error.message : String(error)
    return { ok: false, error: `the config ${path} cannot be loaded: ${told}` }
  }
}

/**
 * Returns the modules that a config may import without installing them. They are those of the running program, so
 * that a failure thrown in a stage is recognized, and so that a folder needs no node_modules. A zod of its own wins.
 */
async function runningModules(path: string): Promise<Record<string, unknown>> {
  const [api, store, stages] = await Promise.all([
    import('../index.ts'),
    import('../../store/index.ts'),
    import('../../stages/index.ts'),
  ])
  const modules: Record<string, unknown> = {
    reprise: { ...api, defineStage: defineSourcedStage },
    'reprise/store': store,
    'reprise/stages': stages,
  }
  if (!isInstalled('zod', path)) modules.zod = loadZod()
  return modules
}

/**
 * Returns the whole of zod. The build makes one file of it, apart from the part of it that the pipelines need: many
 * files would take longer to load than all the rest, and one copy of the whole would burden every run.
 */
function loadZod(): unknown {
  const isSource = import.meta.url.endsWith('.ts')
  return createRequire(import.meta.url)(isSource ? 'zod' : './cli-zod.cjs')
}

function isInstalled(module: string, from: string): boolean {
  try {
    return createRequire(from).resolve(module) !== ''
  } catch {
    return false
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null
}

function defaultExport(loaded: unknown): unknown {
  const value = isRecord(loaded) && 'default' in loaded ? loaded.default : loaded
  return isRecord(value) && 'default' in value && !('pipelines' in value) ? value.default : value
}

/** Returns what is wrong with what a config exports. */
function configProblem(value: unknown): string | undefined {
  const shape = "its default export must be { pipelines: [...] }, as 'defineConfig' takes it"
  if (!isRecord(value)) return shape
  if (!Array.isArray(value.pipelines)) return shape
  const wrong = value.pipelines.findIndex((pipeline) => !isPipeline(pipeline))
  if (wrong !== -1) return `pipelines[${wrong}] is no pipeline: make it with 'definePipeline'`
  const { pools = {}, services = [] } = value
  if (!isRecord(pools) || !Object.values(pools).every((size) => typeof size === 'number')) {
    return 'its pools must be numbers of slots by name: pools: { openai: 2 }'
  }
  if (!Array.isArray(services)) return 'its services must be a list: services: [provide(llm, client)]'
  const odd = services.findIndex((provision) => !isProvision(provision))
  return odd === -1 ? undefined : `services[${odd}] is no service: make it with 'provide' or 'provideLazily'`
}

function isProvision(value: unknown): boolean {
  return isRecord(value) && isRecord(value.service) && typeof value.service.service === 'string' && 'make' in value
}

function isPipeline(value: unknown): value is AnyPipeline {
  return (
    isRecord(value) &&
    typeof value.name === 'string' &&
    typeof value.build === 'function' &&
    isRecord(value.inputs) &&
    isRecord(value.params) &&
    '~standard' in value.params
  )
}

function isConfig(value: unknown): value is Config {
  return configProblem(value) === undefined
}
