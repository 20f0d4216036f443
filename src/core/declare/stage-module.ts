import { pathToFileURL } from 'node:url'
import { isRecord } from '../failure/json-value.ts'
import type { AnyStage } from './stage.ts'

/** Where a stage can be imported from, on any machine that has the same project. */
export interface StageModule {
  /** The URL of a file, or what a package is imported by. */
  readonly module: string
  /** What the module exports the stage as, where that is known. */
  readonly export?: string
}

const noted = new WeakMap<object, StageModule>()

/** Notes where the stages among a module's exports can be imported from. */
export function noteStageModule(module: string, exports: Readonly<Record<string, unknown>>): void {
  for (const [name, value] of Object.entries(exports)) {
    if (isStage(value)) noted.set(value, { module, export: name })
  }
}

/** Returns where a stage can be imported from: as noted, or else the file that its source begins with. */
export function stageModule(stage: AnyStage): StageModule | undefined {
  const known = noted.get(stage)
  const { source } = stage
  if (known !== undefined || source === undefined || source === 'version') return known
  const first = typeof source === 'string' ? source : source[0]
  if (first === undefined) return undefined
  const found = { module: first.startsWith('file:') ? first : pathToFileURL(first).href }
  noted.set(stage, found)
  return found
}

/** Returns the stage among a module's exports: the one of that export, or of that name and version. */
export function stageAmong(
  exports: Readonly<Record<string, unknown>>,
  wanted: { readonly name: string; readonly version: number; readonly export?: string },
): AnyStage | undefined {
  const candidates = wanted.export === undefined ? Object.values(exports) : [exports[wanted.export]]
  return candidates.filter(isStage).find(({ name, version }) => name === wanted.name && version === wanted.version)
}

function isStage(value: unknown): value is AnyStage {
  return (
    isRecord(value) &&
    typeof value.name === 'string' &&
    typeof value.version === 'number' &&
    typeof value.run === 'function' &&
    isRecord(value.inputs) &&
    isRecord(value.outputs)
  )
}
