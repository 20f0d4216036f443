import type { Digest } from './digest.ts'
import type { PackedDigests, PackedFiles } from './hash-many.ts'
import type { ReadAheadRing } from './read-ahead.ts'
import type { CopyTarget } from './stream-file.ts'

/** A large file of about `sizeBytes`, or many small ones. */
export type DigestWork =
  | {
      readonly kind: 'stream'
      readonly path: string
      readonly sizeBytes: number
      readonly target: CopyTarget | undefined
      /** Where another thread may read ahead; the pool has one for each of its threads. */
      readonly ring?: ReadAheadRing
    }
  | { readonly kind: 'many'; readonly files: PackedFiles }

/** What a digest worker is asked: work of its own, or to read ahead for another one. */
export type DigestRequest = DigestWork | { readonly kind: 'read-ahead'; readonly ring: ReadAheadRing }

/** A system error as it crosses threads: its code survives, its class does not. */
export interface CarriedError {
  readonly side: 'source' | 'target'
  readonly code: string
  readonly message: string
}

export type DigestReply =
  | { readonly kind: 'digest'; readonly digest: Digest }
  | { readonly kind: 'many'; readonly digests: PackedDigests }
  | { readonly kind: 'read-ahead'; readonly blocks: number }
  | { readonly kind: 'error'; readonly error: CarriedError }
  | { readonly kind: 'bug'; readonly error: unknown }
