import type { JobFile } from '../actions/action-blobs.ts'
import type { ActionKey } from '../contract/action-cache.ts'

/** A blob whose bytes are wrong or gone. */
export interface DamagedBlob {
  readonly kind: 'blob'
  readonly hash: string
  readonly what: string
  /** Empty when no action needs it. */
  readonly neededBy: readonly JobFile[]
}

/** An action whose own record is damaged. */
export interface DamagedAction {
  readonly kind: 'action'
  readonly key: ActionKey
  readonly what: string
  /** The steps that are known to have used it. */
  readonly usedBy: readonly Omit<JobFile, 'key' | 'file'>[]
}

/** Damaged records of another table; no result is lost with them. */
export interface DamagedRecords {
  readonly kind: 'records'
  readonly table: string
  readonly count: number
}

export type Damage = DamagedBlob | DamagedAction | DamagedRecords

/** What a verification found. */
export interface VerifyReport {
  /** False when it was interrupted: the next one resumes there. */
  readonly complete: boolean
  /** The blobs that an interrupted verification had checked before. */
  readonly resumed: { readonly blobs: number; readonly bytes: number }
  /** With those that were checked before. */
  readonly blobs: number
  readonly bytes: number
  readonly actions: number
  readonly damage: readonly Damage[]
  /** Files without a record, as a crash leaves them; they are not damage. */
  readonly orphans: { readonly files: number; readonly bytes: number }
  /** Whether damaged blobs were quarantined, and orphans removed. */
  readonly repaired: boolean
}

/** How far a verification is. Nearly all of its time goes into blobs. */
export interface VerifyProgress {
  readonly phase: 'blobs' | 'actions' | 'records' | 'files'
  readonly bytesDone: number
  readonly bytesTotal: number
  readonly blobsDone: number
  readonly blobsTotal: number
  /** The bytes that were checked before, which do not count for a rate. */
  readonly bytesResumed: number
}
