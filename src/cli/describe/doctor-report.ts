import type { FoundDevice } from '../../engine/index.ts'

/** What was found of a tool that steps run. */
export interface ToolFinding {
  readonly name: string
  /** The pipelines that need it. */
  readonly neededBy: readonly string[]
  /** The param with which it is needed, as `recognizer=pocketsphinx`, where it is not needed otherwise. */
  readonly with?: string
  readonly version?: string
  readonly path?: string
  /** What runs when it is called, where that is another file. */
  readonly runs?: string
  readonly models?: Readonly<Record<string, string>>
  readonly problem?: string
}

/** What `reprise doctor` found on a machine. */
export interface DoctorReport {
  readonly reprise: string
  readonly node: string
  readonly device: FoundDevice
  /** `freeBytes`: what is free on its disk. */
  readonly store: { readonly dir?: string; readonly freeBytes?: number; readonly problem?: string }
  readonly tools: readonly ToolFinding[]
  /** The models of neural networks that are installed. */
  readonly models: { readonly dir?: string; readonly installed: readonly string[] }
  /** Why the steps of a pipeline, and so their tools, are not known. */
  readonly problems?: readonly string[]
}
