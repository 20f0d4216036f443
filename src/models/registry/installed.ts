import { statSync } from 'node:fs'
import { join } from 'node:path'
import type { Model, Runtime } from './model.ts'
import { thisSystem } from './model.ts'
import { modelDir, modelsHome, runtimeDir } from './models-home.ts'
import { findModel } from './registry.ts'

/** Where a model and the library that runs it are, or would be. */
export interface ModelPlace {
  readonly name: string
  readonly version: string
  /** ISO 639-1, or 639-3 where there is none; empty for a model that knows no language. */
  readonly languages: readonly string[]
  /** The file of the weights. */
  readonly path: string
  /** Absent where Reprise runs the model itself. */
  readonly runtime?: {
    readonly name: string
    readonly version: string
    /** The directory that its packages are in. */
    readonly path: string
    /** What to `require`, from a file in that directory. */
    readonly main: string
    /** Whether there is a build of it for this system. */
    readonly isForThisSystem: boolean
  }
  /** Whether both are there. */
  readonly isInstalled: boolean
}

/** Returns where a model of Reprise is, or would be once installed; undefined for a name that it does not know. */
export function findInstalledModel(name: string): ModelPlace | undefined {
  const model = findModel(name)
  return model === undefined ? undefined : placeOf(model, modelsHome() ?? '/nonexistent')
}

/** Returns where a model is in a directory of models. */
export function placeOf(model: Model, home: string): ModelPlace {
  const { runtime } = model
  const path = join(modelDir(home, model.name), model.file)
  const { name, version, languages } = model
  return {
    name,
    version,
    languages,
    path,
    ...(runtime === undefined
      ? {}
      : { runtime: { ...placeOfRuntime(runtime, home), isForThisSystem: hasBuild(runtime) } }),
    isInstalled: isThere(path) && (runtime === undefined || isThere(runtimeDir(home, runtime))),
  }
}

function placeOfRuntime(runtime: Runtime, home: string) {
  const { name, version, main } = runtime
  return { name, version, path: runtimeDir(home, runtime), main }
}

/** Returns whether there is a build of a runtime for this system. */
export function hasBuild({ systems }: Runtime): boolean {
  return systems.includes(thisSystem())
}

function isThere(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false }) !== undefined
}
