import { resolve, sep } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { ServiceDeclarations } from './service.ts'
import { defineStage as defineUnsourced, type Stage } from './stage.ts'
import type { InputDeclarations, OutputDeclarations, ParamsSchema } from './stage-context.ts'

/** More frames than functions that make stages are nested. */
const framesMax = 50

/** Where the code is that ships: the version of its stages stands for their source. */
const shippedDir = import.meta.url.endsWith('.ts')
  ? resolve(import.meta.dirname, '../../../stages')
  : import.meta.dirname

let areSourced = false

/** Makes stages that are defined from now on note their source. */
export function sourceStages(): void {
  areSourced = true
}

/**
 * Defines a stage; its inputs, params and outputs give `run` its types. In a config it also takes down where that is
 * done: the file that calls it, and where that is a function which makes stages, those that call it. What the stage
 * itself says of its source is left as it is.
 */
export function defineStage<
  const Inputs extends InputDeclarations,
  Schema extends ParamsSchema,
  const Outputs extends OutputDeclarations,
  const Services extends ServiceDeclarations = Record<never, never>,
>(stage: Stage<Inputs, Schema, Outputs, Services>): Stage<Inputs, Schema, Outputs, Services> {
  if (!areSourced || stage.source !== undefined) return defineUnsourced(stage)
  const source = callingFiles(defineStage)
  return defineUnsourced(source.length === 0 ? stage : { ...stage, source })
}

/** Returns the files of the project on the stack above a function, down to the loader that evaluates the innermost. */
function callingFiles(above: typeof defineStage): readonly string[] {
  const { prepareStackTrace, stackTraceLimit } = Error
  const holder: { stack?: unknown } = {}
  try {
    Error.stackTraceLimit = framesMax
    Error.prepareStackTrace = (_, sites) => sites
    Error.captureStackTrace(holder, above)
    return Array.isArray(holder.stack) ? projectFiles(holder.stack) : []
  } finally {
    Error.stackTraceLimit = stackTraceLimit
    Error.prepareStackTrace = prepareStackTrace
  }
}

function projectFiles(sites: readonly NodeJS.CallSite[]): readonly string[] {
  const files = new Set<string>()
  for (const site of sites) {
    const name = site.getFileName()
    // A function of the language itself, such as `map`, has no file.
    if (name === null || name === undefined) continue
    const path = name.startsWith('file:') ? fileURLToPath(name) : name
    if (path.startsWith('node:') || path.includes('/node_modules/') || path.startsWith(shippedDir + sep)) break
    files.add(path)
  }
  return [...files]
}
