import { statSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join, resolve } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import type { Result } from '../../store/index.ts'
import type { Config } from '../core/declare/config.ts'
import { sourceStages } from '../core/declare/sourced-stages.ts'
import { unknownName } from '../core/failure/nearest.ts'
import { type AnyPipeline, isRecord } from '../core/index.ts'
import { importModule, requireBuilt } from '../loading/built-modules.ts'

const configNames = ['reprise.config.ts', 'reprise.config.mts', 'reprise.config.js', 'reprise.config.mjs'] as const

/** Returns where a config is, or may come to be. Absolute. */
export function configPaths(cwd: string, path: string | undefined): readonly string[] {
  return path === undefined ? configNames.map((name) => resolve(cwd, name)) : [resolve(cwd, path)]
}

/** A config, and the file that it was loaded from. */
export interface LoadedConfig {
  readonly path: string
  readonly config: Config
}

export interface ConfigOptions {
  /** Whether this process may load it again, when it has been changed. */
  readonly isLoadedAgain?: boolean
}

/** Loads the config that `path` names, or the one in `cwd` where there is one. */
export async function loadConfig(
  cwd: string,
  path: string | undefined,
  { isLoadedAgain = false }: ConfigOptions = {},
): Promise<Result<LoadedConfig | undefined, string>> {
  const candidates = configPaths(cwd, path)
  const found = path === undefined ? candidates.find(isFile) : candidates[0]
  if (found === undefined) return { ok: true, value: undefined }
  if (!isFile(found)) return { ok: false, error: `there is no config file ${found}` }
  sourceStages()
  const exported = (isLoadedAgain ? undefined : await evaluateNatively(found)) ?? (await evaluate(found))
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

const isBuilt = !import.meta.url.endsWith('.ts')

/** How Node says that it does not import what the config's loader may be able to. */
const unimportable = new Set([
  'ERR_IMPORT_ATTRIBUTE_MISSING',
  'ERR_MODULE_NOT_FOUND',
  'ERR_PACKAGE_IMPORT_NOT_DEFINED',
  'ERR_PACKAGE_PATH_NOT_EXPORTED',
  'ERR_UNKNOWN_FILE_EXTENSION',
  'ERR_UNSUPPORTED_DIR_IMPORT',
])

/**
 * Imports a config as Node does by itself, which takes a tenth of the time: an ES module that gets the running `reprise`
 * so. Undefined where it does not, or where Node does not import all that it needs.
 */
async function evaluateNatively(path: string): Promise<Result<unknown, string> | undefined> {
  if (!isBuilt || !path.endsWith('.mjs') || resolved('reprise', path) !== join(import.meta.dirname, 'index.js'))
    return undefined
  try {
    return { ok: true, value: defaultExport(await importModule(pathToFileURL(path).href)) }
  } catch (error) {
    const isRefused = error instanceof Error && 'code' in error && unimportable.has(String(error.code))
    // An export that Node does not see, as of a CommonJS module, is a mistake of syntax.
    return isRefused || error instanceof SyntaxError ? undefined : unloadable(path, error)
  }
}

/** The loader is loaded only here, because it takes longer than all the rest of a start. */
async function evaluate(path: string): Promise<Result<unknown, string>> {
  const { ownCacheDir } = await import('../loading/own-cache-dir.ts')
  const { typeScriptLoader } = await import('../loading/typescript-loader.ts')
  const virtualModules = await runningModules(path)
  try {
    const keptIn = ownCacheDir('configs', process.env)
    const loader = typeScriptLoader(pathToFileURL(path).href, { virtualModules, interopDefault: false, keptIn })
    const loaded: unknown = await loader.import(path)
    return { ok: true, value: defaultExport(loaded) }
  } catch (error) {
    return unloadable(path, error)
  }
}

function unloadable(path: string, error: unknown): Result<unknown, string> {
  const told = error instanceof Error ? asWritten(error.message) + placeOf(error) : String(error)
  return { ok: false, error: `the config ${path} cannot be loaded: ${told}` }
}

/** What is imported is named by the loader as in `(0 , _zod.z)`, which nobody has written. */
function asWritten(message: string): string {
  return message.replace(/\(0 , _\w+?\.([\w$.]+)\)/g, '$1')
}

/** Returns where in the project an error was thrown, unless its message says so. */
function placeOf({ stack = '', message }: Error): string {
  const places = [...stack.matchAll(/(?:\(|at (?:async )?)((?:file:\/\/)?\/[^()]+:\d+:\d+)\)?$/gm)].map(
    ([, place = '']) => place,
  )
  const [place] = places.map((at) => (at.startsWith('file:') ? fileURLToPath(at) : at))
  const isOfProject = place !== undefined && !place.includes('/node_modules/') && !place.startsWith(import.meta.dirname)
  return isOfProject && !message.includes(place) ? ` (${place})` : ''
}

/**
 * Returns the modules that a config may import without installing them, each loaded when it is asked for. They are those
 * of the running program, so that a failure thrown in a stage is recognized, and so that a folder needs no node_modules.
 * A zod of its own wins.
 */
async function runningModules(path: string): Promise<Record<string, unknown>> {
  const load = isBuilt ? requireBuilt : await sourceModules()
  const modules: Record<string, unknown> = {}
  const provide = (name: string, built: string) => Object.defineProperty(modules, name, { get: () => load(built) })
  provide('reprise', 'api-index.cjs')
  provide('reprise/store', 'api-store.cjs')
  provide('reprise/stages', 'api-stages.cjs')
  // The build makes one file of the whole of zod, apart from the part of it that the pipelines need.
  if (resolved('zod', path) === undefined) provide('zod', 'cli-zod.cjs')
  return modules
}

/** Returns what loads the modules where nothing is built. */
async function sourceModules(): Promise<(built: string) => unknown> {
  const modules: Record<string, unknown> = {
    'api-index.cjs': await import('../index.ts'),
    'api-store.cjs': await import('../../store/index.ts'),
    'api-stages.cjs': await import('../../stages/index.ts'),
  }
  return (built) => modules[built] ?? createRequire(import.meta.url)('zod')
}

/** Returns the path that a module is imported from, if it is installed. */
function resolved(module: string, from: string): string | undefined {
  try {
    return createRequire(from).resolve(module)
  } catch {
    return undefined
  }
}

function defaultExport(loaded: unknown): unknown {
  const value = isRecord(loaded) && 'default' in loaded ? loaded.default : loaded
  return isRecord(value) && 'default' in value && !('pipelines' in value) ? value.default : value
}

const configFields: readonly string[] = ['pipelines', 'pools', 'services'] satisfies readonly (keyof Config)[]

/** Returns what is wrong with what a config exports. */
function configProblem(value: unknown): string | undefined {
  const shape = "its default export must be { pipelines: [...] }, as 'defineConfig' takes it"
  if (!isRecord(value)) return shape
  if (!Array.isArray(value.pipelines)) return shape
  const wrong = value.pipelines.findIndex((pipeline) => !isPipeline(pipeline))
  if (wrong !== -1) return `pipelines[${wrong}] is no pipeline: make it with 'definePipeline'`
  const unknown = Object.keys(value).find((name) => !configFields.includes(name))
  if (unknown !== undefined) return unknownName('field', unknown, configFields)
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
