import type { JsonObject, JsonValue } from '../../../store/index.ts'
import type { ToolIdentity } from '../declare/tool.ts'
import type { Device } from '../failure/device.ts'

/**
 * Names the behaviour of the runner that affects outputs; it is part of every key.
 * Raised only when the same stage on the same inputs may give other outputs, never for a release as such.
 */
export const runnerVersion = 1

/**
 * What an input contributes to the key: the digest of one artifact, of several in order, or nothing; where the stage
 * learns the names of items, each with its digest, or with why it failed.
 */
export type ActionInput = string | null | readonly string[] | readonly ActionItem[]
export type ActionItem = readonly [item: string, digest: string | { readonly kind: string; readonly message: string }]

/** Everything that determines a step's outputs: no paths, file names, times, pools or jobs. */
export interface Action extends JsonObject {
  readonly runner: number
  readonly stage: { readonly name: string; readonly version: number }
  /** Digests of what the stage reaches in the project's files, without comments and formatting, where that is known. */
  readonly source?: { readonly [file: string]: string }
  /** Versions of the packages that the stage reaches. */
  readonly packages?: { readonly [name: string]: string }
  readonly params: JsonObject
  readonly inputs: { readonly [name: string]: ActionInput }
  readonly device: Device
  readonly tools: { readonly [name: string]: JsonValue }
  /** The values of the environment that the stage declares; `null` for one that is not set. */
  readonly env?: { readonly [name: string]: string | null }
  /** The identities of the services that the stage declares as keyed, by name. */
  readonly services?: { readonly [name: string]: JsonValue }
  /** The number of the result, if there are several for the same inputs; the first has no number. */
  readonly take?: number
}

export interface ActionParts {
  readonly stage: { readonly name: string; readonly version: number }
  readonly params: JsonObject
  readonly inputs: Readonly<Record<string, ActionInput>>
  readonly device: Device
  readonly tools: readonly ToolIdentity[]
  readonly source?: Readonly<Record<string, string>>
  readonly packages?: Readonly<Record<string, string>>
  readonly env?: Readonly<Record<string, string | null>>
  readonly services?: Readonly<Record<string, JsonValue>>
  readonly take?: number
}

/** Returns the action of a step. Absent parts are left out, so a new kind of part does not change keys without it. */
export function buildAction(parts: ActionParts): Action {
  const tools: Record<string, JsonValue> = {}
  for (const { name, version, models } of parts.tools)
    tools[name] = models === undefined ? { version } : { version, models }
  return {
    runner: runnerVersion,
    stage: { name: parts.stage.name, version: parts.stage.version },
    params: parts.params,
    inputs: parts.inputs,
    device: parts.device,
    tools,
    ...(parts.source === undefined ? {} : { source: parts.source }),
    ...(isEmpty(parts.packages) ? {} : { packages: parts.packages }),
    ...(isEmpty(parts.env) ? {} : { env: parts.env }),
    ...(parts.services === undefined ? {} : { services: parts.services }),
    ...(parts.take === undefined || parts.take === 1 ? {} : { take: parts.take }),
  }
}

function isEmpty(part: object | undefined): part is undefined {
  return part === undefined || Object.keys(part).length === 0
}
