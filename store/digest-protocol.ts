import type { Digest } from './digest.ts'
import type { CopyTarget } from './stream-file.ts'

/** What a digest worker is asked: one large file, or many small ones. */
export type DigestRequest =
  | { readonly kind: 'stream'; readonly path: string; readonly target: CopyTarget | undefined }
  /** The paths, each ended by a NUL: one long text is cloned much faster than an array of short ones. */
  | { readonly kind: 'many'; readonly paths: string }

/** An error as it crosses threads: a system error's code survives, its class does not. */
export interface CarriedError {
  readonly side: 'source' | 'target'
  readonly code: string
  readonly message: string
}

export type DigestReply =
  | { readonly kind: 'digest'; readonly digest: Digest }
  /** Packed by `hash-many.ts`, because ten thousand objects would take longer to clone than to hash. */
  | { readonly kind: 'many'; readonly packed: Uint8Array }
  | { readonly kind: 'error'; readonly error: CarriedError }

/** A system error that was met on another thread. */
export class CarriedSystemError extends Error {
  readonly code: string

  constructor({ code, message }: CarriedError) {
    super(message)
    this.code = code
  }
}
