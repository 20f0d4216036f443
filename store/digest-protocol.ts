import type { Digest } from './digest.ts'
import type { PackedDigests, PackedFiles } from './hash-many.ts'
import type { CopyTarget } from './stream-file.ts'

/** What a digest worker is asked: one large file, or many small ones. */
export type DigestRequest =
  | { readonly kind: 'stream'; readonly path: string; readonly target: CopyTarget | undefined }
  | { readonly kind: 'many'; readonly files: PackedFiles }

/** A system error as it crosses threads: its code survives, its class does not. */
export interface CarriedError {
  readonly side: 'source' | 'target'
  readonly code: string
  readonly message: string
}

export type DigestReply =
  | { readonly kind: 'digest'; readonly digest: Digest }
  | { readonly kind: 'many'; readonly digests: PackedDigests }
  | { readonly kind: 'error'; readonly error: CarriedError }
  | { readonly kind: 'bug'; readonly error: unknown }
