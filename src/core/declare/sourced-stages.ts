import { resolve, sep } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { JsonObject } from '../../../store/index.ts'
import type { NoParams } from './params.ts'
import {
  type AnyPipeline,
  definePipeline as defineUnplaced,
  type Pipeline,
  type PipelineDefinition,
  type PipelineInputs,
  type PipelineOutputs,
} from './pipeline.ts'
import type { ServiceDeclarations } from './service.ts'
import { type CodeSite, defineStage as defineUnsourced, type Stage, type StageDefinition } from './stage.ts'
import type { InputDeclarations, OutputDeclarations, ParamsSchema } from './stage-context.ts'

/** More frames than functions that make stages are nested. */
const framesMax = 50

/** Where the code of the runner is, and what ships with it: the version of its stages stands for their source. */
const ownDirs = import.meta.url.endsWith('.ts')
  ? [resolve(import.meta.dirname, '../../../stages'), resolve(import.meta.dirname, '../..')]
  : [import.meta.dirname]

let entry: string | undefined
let entryAtMs = performance.timeOrigin
/** Stages that one place in the code has made, by place and name. */
let made = new Map<string, object[]>()
const placesOfPipelines = new WeakMap<object, readonly CodeSite[]>()
let building:
  | { readonly pipeline: string; readonly params: JsonObject; readonly sites: readonly CodeSite[] }
  | undefined

/** Makes stages that are defined from now on note their source; the config that defines them is loaded from `path`. */
export function sourceStages(path: string): void {
  entry = path
  entryAtMs = Date.now()
  made = new Map()
}

/** Returns the config whose stages note their source, and when it was loaded. */
export function sourcedConfig(): { readonly path: string; readonly atMs: number } | undefined {
  return entry === undefined ? undefined : { path: entry, atMs: entryAtMs }
}

/**
 * Defines a stage; its inputs, params and outputs give `run` its types. In a config it also takes down where that is
 * done: the file that calls it, and where that is a function which makes stages, those that call it. What the stage
 * itself says of its source is left as it is.
 */
export function defineStage<
  const Outputs extends OutputDeclarations,
  const Inputs extends InputDeclarations = Record<never, never>,
  Schema extends ParamsSchema = NoParams,
  const Services extends ServiceDeclarations = Record<never, never>,
>(stage: StageDefinition<Inputs, Schema, Outputs, Services>): Stage<Inputs, Schema, Outputs, Services> {
  if (entry === undefined || stage.source !== undefined) return defineUnsourced(stage)
  const sites = [...callingSites(defineStage), ...(building?.sites ?? [])]
  if (sites.length === 0) return defineUnsourced(stage)
  const source = [...new Set(sites.map(({ path }) => path))]
  const place = JSON.stringify([stage.name, stage.version, sites])
  const siblings = made.get(place) ?? []
  made.set(place, siblings)
  const defined = defineUnsourced({ ...stage, source }, { sites, entry, siblings, ...(building && { building }) })
  siblings.push(defined)
  return defined
}

/** Defines a pipeline, as `definePipeline` does; of a config's one it takes down where that is done. */
export function definePipeline<
  Outputs extends PipelineOutputs,
  const Inputs extends PipelineInputs = Record<never, never>,
  Schema extends ParamsSchema = NoParams,
>(definition: PipelineDefinition<Inputs, Schema, Outputs>): Pipeline<Inputs, Schema, Outputs> {
  const pipeline = defineUnplaced(definition)
  if (entry !== undefined) placesOfPipelines.set(pipeline, callingSites(definePipeline))
  return pipeline
}

/** Lets the stages that a pipeline defines while it is built note that they may be made of its params. */
export function whileBuilding<Built>(pipeline: AnyPipeline, params: JsonObject, build: () => Built): Built {
  const [outer, madeBefore] = [building, made]
  building = { pipeline: pipeline.name, params, sites: placesOfPipelines.get(pipeline) ?? [] }
  made = new Map()
  try {
    return build()
  } finally {
    building = outer
    made = madeBefore
  }
}

/** Returns where in the project the calls above a function are, down to the loader that evaluates the innermost file. */
function callingSites(above: (...given: never) => unknown): readonly CodeSite[] {
  const { prepareStackTrace, stackTraceLimit } = Error
  const holder: { stack?: unknown } = {}
  try {
    Error.stackTraceLimit = framesMax
    Error.prepareStackTrace = (_, sites) => sites
    Error.captureStackTrace(holder, above)
    return Array.isArray(holder.stack) ? projectSites(holder.stack) : []
  } finally {
    Error.stackTraceLimit = stackTraceLimit
    Error.prepareStackTrace = prepareStackTrace
  }
}

function projectSites(sites: readonly NodeJS.CallSite[]): readonly CodeSite[] {
  const found: CodeSite[] = []
  for (const site of sites) {
    const name = site.getFileName()
    // A function of the language itself, such as `map`, has no file.
    if (name === null || name === undefined) continue
    const path = name.startsWith('file:') ? fileURLToPath(name) : name
    if (
      path.startsWith('node:') ||
      path.includes('/node_modules/') ||
      ownDirs.some((dir) => path.startsWith(dir + sep))
    )
      break
    found.push({ path, line: site.getLineNumber() ?? 0 })
  }
  return found
}
