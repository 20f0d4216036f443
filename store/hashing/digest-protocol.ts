import type { Digest } from '../contract/digest.ts'
import type { ManyDigests, ManyFiles } from './hash-many.ts'
import type { SharedRing } from './shared-ring.ts'
import type { CopyTarget } from './stream-file.ts'

export type DigestWork =
  | {
      readonly kind: 'stream'
      readonly path: string
      readonly sizeBytes: number
      readonly target: CopyTarget | undefined
      /** For another thread to help; the pool has a ring for each of its threads. */
      readonly ring?: SharedRing
    }
  | { readonly kind: 'many'; readonly files: ManyFiles }

/** A request to a worker thread: work of its own, or to help another thread that hashes or copies a file. */
export type DigestRequest = DigestWork | { readonly kind: 'read-ahead' | 'write-behind'; readonly ring: SharedRing }

/** A system error on its way between threads, which loses its class. */
export interface CarriedError {
  readonly side: 'source' | 'target'
  readonly code: string
  readonly message: string
}

export type DigestReply =
  | { readonly kind: 'digest'; readonly digest: Digest }
  | { readonly kind: 'many'; readonly digests: ManyDigests }
  | { readonly kind: 'helped'; readonly blocks: number }
  | { readonly kind: 'error'; readonly error: CarriedError }
  | { readonly kind: 'bug'; readonly error: unknown }
