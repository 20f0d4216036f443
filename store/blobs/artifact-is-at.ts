import { type BigIntStats, readdirSync } from 'node:fs'
import { join, resolve } from 'node:path'
import type { StoredArtifact } from '../contract/artifact.ts'
import { type Digest, sameDigest } from '../contract/digest.ts'
import type { LocalStore } from '../contract/local/local-store.ts'
import { isEmptyDirectory, type TreeEntry } from '../contract/tree.ts'
import { linkStatOf } from '../disk/file-stamp.ts'
import { valueOr } from '../disk/io-failure.ts'
import { readTreeArtifact } from './artifacts.ts'

/** What of a store it takes to check artifacts where they lie. */
export type PlacedArtifactStore = Pick<LocalStore, 'read' | 'blobs' | 'ledger'>

/** What a stat alone says of a file; `unknown`: its content must be read. */
type FileState = 'same' | 'different' | 'unknown'

/**
 * Returns whether an artifact is at `path` already, whole and without other files. One stat a file where its digest is
 * remembered; other files are read.
 */
export async function artifactIsAt(
  store: PlacedArtifactStore,
  artifact: StoredArtifact,
  path: string,
): Promise<boolean> {
  const place = resolve(path)
  if (artifact.kind !== 'tree') {
    const state = fileState(store, place, artifact.digest, artifact.executable ?? false, artifact.modes?.[''])
    return state === 'unknown' ? isContentAt(store, place, artifact.digest) : state === 'same'
  }
  const entries = await readTreeArtifact(store, artifact)
  return entries.ok && treeIsAt(store, artifact, entries.value, place)
}

async function treeIsAt(
  store: PlacedArtifactStore,
  { modes = {} }: StoredArtifact,
  entries: readonly TreeEntry[],
  root: string,
): Promise<boolean> {
  const unknown: TreeEntry[] = []
  for (const entry of entries) {
    if (isEmptyDirectory(entry.path)) continue
    const state = fileState(store, join(root, entry.path), entry.digest, entry.executable, modes[entry.path])
    if (state === 'different') return false
    if (state === 'unknown') unknown.push(entry)
  }
  if (!hasOnly(entries, root)) return false
  for (const [path, mode] of Object.entries(modes)) {
    if (isEmptyDirectory(path) && isWider(linkStatOf(join(root, path)), mode)) return false
  }
  for (const { path, digest } of unknown) {
    if (!(await isContentAt(store, join(root, path), digest))) return false
  }
  return true
}

function fileState(
  store: PlacedArtifactStore,
  path: string,
  digest: Digest,
  executable: boolean,
  mode: number | undefined,
): FileState {
  const stats = linkStatOf(path)
  if (stats === undefined || !stats.isFile() || stats.size !== BigInt(digest.sizeBytes)) return 'different'
  if (((stats.mode & 0o100n) !== 0n) !== executable) return 'different'
  if (mode !== undefined && isWider(stats, mode)) return 'different'
  const known = store.ledger.fileDigests.match(path, stats)
  if (known === undefined) return 'unknown'
  return sameDigest(known, digest) ? 'same' : 'different'
}

/** Returns whether more may be done with a file or directory than a mode permits. */
function isWider(stats: BigIntStats | undefined, mode: number): boolean {
  return stats !== undefined && (Number(stats.mode) & 0o777 & ~mode) !== 0
}

async function isContentAt(store: PlacedArtifactStore, path: string, digest: Digest): Promise<boolean> {
  const found = await store.ledger.fileDigests.digest(path)
  return found.ok && sameDigest(found.value.digest, digest)
}

/** Returns whether a directory holds only the files of a listing, which all exist, and the directories. */
function hasOnly(entries: readonly TreeEntry[], root: string): boolean {
  const sizes = new Map<string, number>([['', 0]])
  for (const { path } of entries) {
    let child = isEmptyDirectory(path) ? path.slice(0, -1) : path
    if (child !== path) sizes.set(child, 0)
    for (let slash = child.lastIndexOf('/'); ; slash = child.lastIndexOf('/')) {
      const parent = slash < 0 ? '' : child.slice(0, slash)
      const known = sizes.has(parent)
      sizes.set(parent, (sizes.get(parent) ?? 0) + 1)
      if (known) break
      child = parent
    }
  }
  return valueOr(false, () => {
    for (const [dir, size] of sizes) if (readdirSync(join(root, dir)).length !== size) return false
    return true
  })
}
