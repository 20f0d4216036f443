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
  /**
   * The permissions that are others than 0644, or 0755 of an executable or a directory: of a file under an empty name,
   * of what is in a tree by its path, directories with a slash at the end. They are no part of any digest.
   */
  readonly modes?: Readonly<Record<string, number>>
}

/** Returns the permissions that need no mention. */
export function usualMode(executable: boolean): number {
  return executable ? 0o755 : 0o644
}
