import type { ActionRecord } from './action-cache.ts'
import type { Digest } from './digest.ts'
import type { TreeEntry } from './tree.ts'

/** One blob that an action's outputs need. */
export interface NeededBlob {
  readonly digest: Digest
  /** The output's name. */
  readonly output: string
  /** Where the blob lies inside a tree; absent for a file, a value, and the listing of a tree itself. */
  readonly path?: string
}

/** The blobs of an action, and the outputs whose listing cannot be read, so that not all of theirs are known. */
export interface NeededBlobs {
  readonly blobs: readonly NeededBlob[]
  readonly unlisted: readonly NeededBlob[]
}

/** Returns every blob that an action's outputs need; `listingOf` reads the entries of a tree. */
export function neededBlobs(
  { result }: Pick<ActionRecord, 'result'>,
  listingOf: (digest: Digest) => readonly TreeEntry[] | undefined,
): NeededBlobs {
  const blobs: NeededBlob[] = []
  const unlisted: NeededBlob[] = []
  for (const [output, { kind, digest }] of Object.entries(result.outputs)) {
    blobs.push({ digest, output })
    if (kind !== 'tree') continue
    const entries = listingOf(digest)
    if (entries === undefined) unlisted.push({ digest, output })
    else for (const entry of entries) blobs.push({ digest: entry.digest, output, path: entry.path })
  }
  return { blobs, unlisted }
}

/** Returns how a needed blob is called in the job directory: `audio.wav`, `tracks/es.srt`. */
export function fileOfBlob({ labels }: Pick<ActionRecord, 'labels'>, { output, path }: NeededBlob): string {
  const file = labels.files[output] ?? output
  return path === undefined ? file : `${file.replace(/\/$/, '')}/${path}`
}
