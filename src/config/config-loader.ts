import { statSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { RemoteOptions, Result } from '../../store/index.ts'
import { type Config, workerPoolProblem } from '../core/declare/config.ts'
import { sourceStages } from '../core/declare/sourced-stages.ts'
import { unknownName } from '../core/failure/nearest.ts'
import { type AnyPipeline, authorLine, isRecord } from '../core/index.ts'
import { importModule, requireBuilt } from '../loading/built-modules.ts'

export const configNames = [
  'reprise.config.ts',
  'reprise.config.mts',
  'reprise.config.js',
  'reprise.config.mjs',
] as const

/**
 * Returns the config in a directory, or in the nearest one above it. One above that belongs to another user is passed
 * over, because to load it is to execute it.
 */
export function nearestConfig(cwd: string): string | undefined {
  return configsAbove(cwd).find((path) => dirname(path) === cwd || !isOfAnother(path))
}

/** Says where a config was looked for, after no pipeline of a name was found. */
export function whereConfigsAre(cwd: string): string {
  const foreign = configsAbove(cwd).find((path) => dirname(path) !== cwd && isOfAnother(path))
  if (foreign !== undefined) return `${foreign} belongs to another user, so it is loaded only with --config ${foreign}`
  return `none of ${configNames.join(', ')} is in ${cwd} or in a directory above it`
}

function configsAbove(cwd: string): readonly string[] {
  const above = dirname(cwd)
  const here = configNames
    .map((name) => join(cwd, name))
    .filter(isFile)
    .slice(0, 1)
  return above === cwd ? here : [...here, ...configsAbove(above)]
}

function isOfAnother(path: string): boolean {
  const owner = statSync(path, { throwIfNoEntry: false })?.uid
  const self = process.getuid?.()
  return self !== undefined && owner !== self && owner !== 0
}

/** A config, and the file that it was loaded from. */
export interface LoadedConfig {
  readonly path: string
  readonly config: Config
}

export interface ConfigOptions {
  /** Whether this process may load the config again after a change. */
  readonly isLoadedAgain?: boolean
}

/** Loads the config at an absolute path. */
export async function loadConfig(
  found: string,
  { isLoadedAgain = false }: ConfigOptions = {},
): Promise<Result<LoadedConfig, string>> {
  if (!isFile(found)) return { ok: false, error: notThere(found) }
  sourceStages(found)
  const exported = await withoutExit(
    async () => (isLoadedAgain ? undefined : await evaluateNatively(found)) ?? (await evaluate(found)),
  )
  if (!exported.ok) return exported
  const problem = configProblem(exported.value)
  if (problem !== undefined) return { ok: false, error: `${found} is not a valid config: ${problem}` }
  return isConfig(exported.value)
    ? { ok: true, value: { path: found, config: exported.value } }
    : { ok: false, error: `${found} is not a valid config` }
}

function isFile(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFile() === true
}

function notThere(path: string): string {
  const isThere = statSync(path, { throwIfNoEntry: false }) !== undefined
  return isThere ? `the config ${path} is not a file; name the file itself` : `the config file ${path} does not exist`
}

/** A config that ends the program would look like a command that did all it was asked for. */
async function withoutExit<Value>(load: () => Promise<Value>): Promise<Value> {
  const { exit } = process
  process.exit = (code) => {
    throw new Error(`it called process.exit(${code ?? ''})`)
  }
  try {
    return await load()
  } finally {
    process.exit = exit
  }
}

const isBuilt = !import.meta.url.endsWith('.ts')

/** The errors of Node for an import that the config's loader may be able to do. */
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
    // Node reports an export that it does not see, as of a CommonJS module, as a syntax error.
    return isRefused || error instanceof SyntaxError ? undefined : unloadable(path, error)
  }
}

/** The loader is imported only here, because that takes longer than everything else at startup. */
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
  const text = error instanceof Error ? asWritten(error.message) + placeText(error) : String(error)
  return { ok: false, error: `cannot load the config ${path}: ${text}` }
}

/** The loader writes imported names as `(0 , _zod.z)`, which the author did not. */
function asWritten(message: string): string {
  const named = message.replace(/\(0 , _\w+?\.([\w$.]+)\)/g, '$1')
  return named.replace(/\nRequire stack:[\s\S]*/, '').replace(/[ \t]+$/gm, '')
}

/** Says where in the project an error was thrown, unless its message does. */
function placeText({ stack = '', message }: Error): string {
  const line = authorLine(stack)
  return line === undefined || message.includes(line) ? '' : ` (${line})`
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

/** Returns what loads the modules when running from source. */
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

const configFields: readonly string[] = [
  'pipelines',
  'pools',
  'remote',
  'services',
  'workers',
] satisfies readonly (keyof Config)[]

/** Returns what is wrong with what a config exports. */
function configProblem(value: unknown): string | undefined {
  const shape = 'its default export must be defineConfig({ pipelines: [...] })'
  if (!isRecord(value)) return shape
  if (!Array.isArray(value.pipelines)) return shape
  const wrong = value.pipelines.findIndex((pipeline) => !isPipeline(pipeline))
  if (wrong !== -1) return `pipelines[${wrong}] is not a pipeline; define it with 'definePipeline'`
  const unknown = Object.keys(value).find((name) => !configFields.includes(name))
  if (unknown !== undefined) return unknownName('field', unknown, configFields)
  const { pools = {}, services = [], workers = {} } = value
  if (!isRecord(pools) || !Object.values(pools).every((size) => typeof size === 'number')) {
    return 'its pools must map names to numbers of slots, as in pools: { openai: 2 }'
  }
  const wrongRemote = remoteProblem(value.remote)
  if (wrongRemote !== undefined) return wrongRemote
  if (!isRecord(workers))
    return "its workers must map pools to where orders go, as in workers: { gpu: { orders: '/mnt/team/orders' } }"
  for (const [name, pool] of Object.entries(workers)) {
    const wrong = workerPoolProblem(name, pool)
    if (wrong !== undefined) return wrong
  }
  if (!Array.isArray(services)) return 'its services must be a list, as in services: [provide(llm, client)]'
  const odd = services.findIndex((provision) => !isProvision(provision))
  return odd === -1 ? undefined : `services[${odd}] is not a service; make it with 'provide' or 'provideLazily'`
}

const remoteFields: readonly string[] = [
  'url',
  'read',
  'write',
  'trust',
  'endpoint',
  'region',
  'profile',
] satisfies readonly (keyof RemoteOptions)[]

function remoteProblem(value: unknown): string | undefined {
  if (value === undefined) return undefined
  if (!isRecord(value) || typeof value.url !== 'string' || value.url === '')
    return "its remote must say where it is, as in remote: { url: '/mnt/cache' }"
  const unknown = Object.keys(value).find((name) => !remoteFields.includes(name))
  if (unknown !== undefined) return unknownName('field of remote', unknown, remoteFields)
  const isTexts = (list: unknown) => Array.isArray(list) && list.every((item) => typeof item === 'string')
  const { read, trust, write } = value
  if (read !== undefined && !isTexts(read)) return "the 'read' of its remote must be a list of scopes"
  if (trust !== undefined && trust !== 'anyone' && !isTexts(trust))
    return "the 'trust' of its remote must be a list of public keys, or 'anyone'"
  if (write !== undefined && write !== false && typeof write !== 'string')
    return "the 'write' of its remote must be a scope, or false"
  const texts = [value.endpoint, value.region, value.profile]
  return texts.every((text) => text === undefined || typeof text === 'string')
    ? undefined
    : "'endpoint', 'region' and 'profile' of its remote must be texts"
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
