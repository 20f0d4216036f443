import type { Digest } from './digest.ts'

/** What an artifact is: one file, a directory, or a small JSON value. */
export type ArtifactKind = 'file' | 'tree' | 'json'

/**
 * An artifact as the store knows it.
 * `digest` names the file's bytes, the canonical JSON text, or for a tree its canonical listing (see `tree.ts`).
 * `sizeBytes` counts the content: for a tree, the sum of its files.
 */
export interface StoredArtifact {
  readonly kind: ArtifactKind
  readonly digest: Digest
  readonly sizeBytes: number
  readonly executable?: boolean
}
