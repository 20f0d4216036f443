import type { Device } from '../../core/index.ts'

/** What a worker says of itself. */
export interface Offer {
  readonly v: number
  /** Its name, of which there is one at a time. */
  readonly worker: string
  readonly host: string
  readonly pool: string
  readonly slots: number
  readonly device: Device
  /** What its GPUs are called. */
  readonly gpu?: string
  readonly reprise: string
  readonly node: string
  readonly platform: string
  /** Versions by tool, of the tools that its pipelines use; null for one that it lacks. */
  readonly tools: Readonly<Record<string, string | null>>
  /** What stands for the code of each stage, by `PIPELINE/STAGE`. */
  readonly sources?: Readonly<Record<string, string>>
  /** The names of the pipelines that it knows. */
  readonly pipelines: readonly string[]
  /** ISO 8601. */
  readonly since: string
}
