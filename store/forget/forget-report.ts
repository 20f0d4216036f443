import type { JobFile } from '../actions/action-blobs.ts'
import type { ActionKey } from '../contract/action-cache.ts'

/** An action that derives from a source. */
export interface ForgottenAction {
  readonly key: ActionKey
  readonly pipeline: string
  readonly step: string
  readonly job: string
  readonly files: readonly string[]
  readonly bytes: number
  /** Whether it is only presumed to be a derivative, because the result of a step before it does not exist any more. */
  readonly presumed: boolean
}

/** A blob of a derivative that is kept, because other actions need it. */
export interface KeptBlob {
  readonly hash: string
  readonly sizeBytes: number
  readonly neededBy: readonly JobFile[]
}

/** What forgetting a source removes, or would remove. */
export interface ForgetReport {
  readonly sources: readonly string[]
  readonly actions: readonly ForgottenAction[]
  /** The blobs that no other action needs. */
  readonly blobs: number
  readonly bytes: number
  readonly kept: readonly KeptBlob[]
  /** Job directories that made or used derivatives; the files there are not removed. */
  readonly jobs: readonly string[]
  /** Those of them that a live process uses: its later results are not forgotten. */
  readonly running: readonly string[]
  /** Why the bytes of what was removed are still in the file of the index, if they are. */
  readonly notBlanked?: string
}
