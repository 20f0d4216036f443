import type { Failure } from '../failure/failure.ts'
import type { ActionInput } from './action.ts'

/** The version of the manifest's schema. */
export const manifestVersion = 1

/** An output as a manifest records it. `path` is relative to the step's directory. */
export interface ManifestOutput {
  readonly kind: 'file' | 'tree' | 'json'
  readonly path: string
  readonly digest: string
  readonly size_bytes: number
}

/** An input as a manifest records it: where it was read from, and the digest of what was read. */
export interface ManifestInput {
  readonly paths: readonly string[]
  readonly digest: ActionInput
  /** The value of a short JSON input, so that the next run can say what changed in it; a list for one that gathers. */
  readonly value?: unknown
}

/**
 * The record of one step in a job: `manifest.json` in the step's directory. Times are seconds since 1970. The first eight
 * fields are schema version 1, which readers may rely on; the others say more.
 */
export interface Manifest {
  readonly stage: string
  /** The paths from which the inputs were read. */
  readonly inputs: readonly string[]
  /** BLAKE3 of the canonical JSON of all input digests, `b3:` and 64 digits. */
  readonly inputs_checksum: string
  readonly params: Readonly<Record<string, unknown>>
  readonly runner_version: string
  /** The paths of the outputs, relative to the step's directory. */
  readonly outputs: readonly string[]
  /** When the outputs were computed. */
  readonly timestamp: number
  /**
   * When they were last found right; brought up to date at most once an hour, so that a run with nothing to do writes
   * nothing.
   */
  readonly last_checked_ts: number
  readonly schema_version: typeof manifestVersion
  readonly stage_version: number
  readonly step: string
  readonly input_artifacts: Readonly<Record<string, ManifestInput>>
  readonly output_artifacts: Readonly<Record<string, ManifestOutput>>
  /** False if the stage says that it gives other bytes each time. */
  readonly deterministic?: false
  /** Where the outputs were computed. */
  readonly device: string
  /** The device of the run, if the result was made on another one. */
  readonly device_wanted?: string
  /** The number of the result, if there are several for the same inputs; the first has no number. */
  readonly take?: number
  readonly tools: Readonly<Record<string, unknown>>
  readonly action_key: string
  /** The key under which the result was computed, if a person accepted it for changed code (`run --accept-code`). */
  readonly accepted_from?: string
  /** The remote that the result was fetched from, if it was when this was written. */
  readonly fetched_from?: string
  readonly exit_code: number
  readonly duration_ms: number
  /** The peak resident memory of the step's processes; null if unknown. */
  readonly peak_rss_bytes: number | null
  /** User and system time of all processes of the step; null if unknown. */
  readonly cpu_time_ms?: number | null
  /** `off`: the result is not in the store. */
  readonly cache: 'hit' | 'miss' | 'off'
  /** How often it was executed in this run; 0 for a hit. */
  readonly attempts: number
  readonly failure?: Failure
}
