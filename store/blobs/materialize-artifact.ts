import { chmodSync, renameSync, rmSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import type { StoredArtifact } from '../contract/artifact.ts'
import type { MaterializeMethod, MaterializeOptions } from '../contract/blob-store.ts'
import type { Digest } from '../contract/digest.ts'
import type { StoreFailure } from '../contract/failure.ts'
import type { LocalStore } from '../contract/local/local-store.ts'
import { ok, type Result } from '../contract/result.ts'
import { isEmptyDirectory, type TreeEntry } from '../contract/tree.ts'
import { linkStatOf } from '../disk/file-stamp.ts'
import { attemptAt } from '../disk/io-failure.ts'
import { makeDirectory } from '../disk/make-directory.ts'
import { tmpBeside } from '../disk/temporary-path.ts'
import { readTreeArtifact } from './artifacts.ts'

/** How an artifact was materialized: for each method the number of files and their bytes. */
export interface Materialized {
  readonly methods: Readonly<Partial<Record<MaterializeMethod, { readonly files: number; readonly bytes: number }>>>
  /** Every file of it, where it was written. */
  readonly files: readonly { readonly path: string; readonly digest: Digest }[]
}

/** How an artifact is put at a path. */
export type ArtifactPlacement = Pick<MaterializeOptions, 'link' | 'inPrivate'>

type Source = Pick<LocalStore, 'read' | 'blobs' | 'ledger'>

/**
 * Puts an artifact at `path` in place of what is there: a file, a JSON text, or a directory. It is built beside `path`,
 * and moved there when it is complete and checked; in a private directory, it is built at `path`, which is free or an
 * empty directory.
 */
export async function materializeArtifact(
  store: Pick<LocalStore, 'read' | 'blobs' | 'ledger'>,
  artifact: StoredArtifact,
  path: string,
  options: ArtifactPlacement = {},
): Promise<Result<Materialized, StoreFailure>> {
  const target = resolve(path)
  if (artifact.kind === 'tree') return materializeTree(store, artifact, target, options)
  const cleared = options.inPrivate === true ? ok(undefined) : clearDirectory(target)
  if (!cleared.ok) return cleared
  const executable = artifact.executable ?? false
  const done = await store.blobs.materialize(artifact.digest, target, {
    ...options,
    executable,
    ...modeOf(artifact, ''),
  })
  if (!done.ok) return done
  const { digest } = artifact
  return ok({ methods: { [done.value]: { files: 1, bytes: digest.sizeBytes } }, files: [{ path: target, digest }] })
}

async function materializeTree(
  store: Source,
  artifact: StoredArtifact,
  target: string,
  options: ArtifactPlacement,
): Promise<Result<Materialized, StoreFailure>> {
  const entries = await readTreeArtifact(store, artifact)
  if (!entries.ok) return entries
  if (options.inPrivate === true) return fillTree(store, artifact, entries.value, target, options)
  const tmp = tmpBeside(target)
  const filled = await fillTree(store, artifact, entries.value, tmp, options)
  const swapped = filled.ok ? await swapIn(tmp, target) : filled
  if (!swapped.ok || !filled.ok) {
    await rm(tmp, { recursive: true, force: true })
    return swapped.ok ? filled : swapped
  }
  const files = filled.value.files.map(({ path, digest }) => ({
    path: join(target, path.slice(tmp.length + 1)),
    digest,
  }))
  for (const { path, digest } of files) store.ledger.fileDigests.remember(path, digest)
  return ok({ ...filled.value, files })
}

/** Returns the mode of something in an artifact, unless it is the usual one. */
function modeOf({ modes }: StoredArtifact, path: string): Pick<MaterializeOptions, 'mode'> {
  const mode = modes?.[path]
  return mode === undefined ? {} : { mode }
}

/** Directories that nobody may write to are made so when they are full, the innermost first. */
function setDirectoryModes({ modes = {} }: StoredArtifact, root: string): Result<void, StoreFailure> {
  const directories = Object.keys(modes).filter((path) => path.endsWith('/'))
  return attemptAt(root, () => {
    for (const path of directories.sort((a, b) => b.length - a.length)) {
      const place = join(root, path)
      if (linkStatOf(place)?.isDirectory() === true) chmodSync(place, modes[path] ?? 0o755)
    }
  })
}

async function fillTree(
  store: Source,
  artifact: StoredArtifact,
  entries: readonly TreeEntry[],
  root: string,
  options: ArtifactPlacement,
): Promise<Result<Materialized, StoreFailure>> {
  const made = attemptAt(root, () => {
    makeDirectory(root)
    for (const dir of new Set(entries.map(({ path }) => (isEmptyDirectory(path) ? path : dirname(path))))) {
      makeDirectory(join(root, dir))
    }
  })
  if (!made.ok) return made
  const methods: Partial<Record<MaterializeMethod, { files: number; bytes: number }>> = {}
  const files = entries.filter(({ path }) => !isEmptyDirectory(path))
  for (const { path, digest, executable } of files) {
    const place = join(root, path)
    const how = { ...options, executable, ...modeOf(artifact, path), inPrivate: true }
    const done = await store.blobs.materialize(digest, place, how)
    if (!done.ok) return done
    const count = methods[done.value] ?? { files: 0, bytes: 0 }
    methods[done.value] = { files: count.files + 1, bytes: count.bytes + digest.sizeBytes }
  }
  const set = setDirectoryModes(artifact, root)
  if (!set.ok) return set
  return ok({ methods, files: files.map(({ path, digest }) => ({ path: join(root, path), digest })) })
}

/** Moves a complete directory to its place, in place of what was there. */
async function swapIn(tmp: string, target: string): Promise<Result<void, StoreFailure>> {
  const aside = tmpBeside(target)
  const occupied = linkStatOf(target) !== undefined
  const moved = attemptAt(target, () => {
    if (occupied) renameSync(target, aside)
    try {
      renameSync(tmp, target)
    } catch (error) {
      if (occupied) renameSync(aside, target)
      throw error
    }
  })
  if (moved.ok && occupied) await rm(aside, { recursive: true, force: true })
  return moved
}

function clearDirectory(target: string): Result<void, StoreFailure> {
  if (linkStatOf(target)?.isDirectory() !== true) return ok(undefined)
  return attemptAt(target, () => rmSync(target, { recursive: true, force: true }))
}
