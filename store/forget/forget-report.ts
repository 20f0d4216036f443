import type { ActionKey } from '../contract/action-cache.ts'

/** An action that derives from a source. */
export interface ForgottenAction {
  readonly key: ActionKey
  readonly pipeline: string
  readonly step: string
  readonly job: string
  readonly files: readonly string[]
  readonly bytes: number
  /** Whether it is only presumed to be a derivative, because the result of a step before it is gone already. */
  readonly presumed: boolean
}

/** A blob of a derivative that stays, because other actions need it. */
export interface KeptBlob {
  readonly hash: string
  readonly sizeBytes: number
  readonly neededBy: readonly {
    readonly key: ActionKey
    readonly pipeline: string
    readonly step: string
    readonly job: string
    readonly file: string
  }[]
}

/** What forgetting a source removes, or would. */
export interface ForgetReport {
  /** The hashes that were traced. */
  readonly sources: readonly string[]
  readonly actions: readonly ForgottenAction[]
  /** The blobs that nothing else needs. */
  readonly blobs: number
  readonly bytes: number
  readonly kept: readonly KeptBlob[]
  /** Job directories in which derivatives were made or used; what lies there is not the store's to remove. */
  readonly jobs: readonly string[]
  /** Those of them that a live process holds: what it computes from the source from now on is not forgotten. */
  readonly running: readonly string[]
}
