import type { ActionKey } from '../contract/action-cache.ts'

/** A file of a job that damage concerns. */
export interface AffectedFile {
  readonly key: ActionKey
  readonly pipeline: string
  readonly step: string
  readonly job: string
  /** As it is called in the step's directory. */
  readonly file: string
}

/** A blob whose bytes are wrong or gone. */
export interface DamagedBlob {
  readonly kind: 'blob'
  readonly hash: string
  readonly what: string
  /** Empty when no action needs it. */
  readonly neededBy: readonly AffectedFile[]
}

/** An action whose own record is damaged. */
export interface DamagedAction {
  readonly kind: 'action'
  readonly key: ActionKey
  readonly what: string
  /** The steps that used it, as far as the memory of jobs tells. */
  readonly usedBy: readonly Omit<AffectedFile, 'key' | 'file'>[]
}

/** Records of another table that do not check; they only cost the memory of something, never a result. */
export interface DamagedRecords {
  readonly kind: 'records'
  readonly table: string
  readonly count: number
}

export type Damage = DamagedBlob | DamagedAction | DamagedRecords

/** What a verification found. */
export interface VerifyReport {
  /** False when it was interrupted: the next one goes on where it stopped. */
  readonly complete: boolean
  /** How many blobs, and bytes of them, an earlier verification that was interrupted had checked. */
  readonly resumed: { readonly blobs: number; readonly bytes: number }
  /** With those that an earlier one had checked. */
  readonly blobs: number
  readonly bytes: number
  readonly actions: number
  readonly damage: readonly Damage[]
  /** Files that no record refers to, as a crash leaves them: litter, no damage. */
  readonly orphans: { readonly files: number; readonly bytes: number }
  /** Whether what is damaged was put out of use, and the orphans were removed. */
  readonly repaired: boolean
}

/** How far a verification is. Nearly all of its time goes into the bytes of blobs. */
export interface VerifyProgress {
  readonly phase: 'blobs' | 'actions' | 'records' | 'files'
  readonly bytesDone: number
  readonly bytesTotal: number
  readonly blobsDone: number
  readonly blobsTotal: number
  /** How many of the bytes an earlier verification had done, for a rate. */
  readonly bytesResumed: number
}
