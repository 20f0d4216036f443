import type { BigIntStats } from 'node:fs'
import { join, resolve } from 'node:path'
import { type StoredArtifact, usualMode } from '../contract/artifact.ts'
import type { BlobStore, StagedBlob } from '../contract/blob-store.ts'
import type { CacheStore } from '../contract/cache-store.ts'
import { canonicalJson } from '../contract/canonical-json.ts'
import { type Digest, digestBytes } from '../contract/digest.ts'
import type { StoreFailure } from '../contract/failure.ts'
import type { JsonValue } from '../contract/json.ts'
import { guardedParse } from '../contract/json-guards.ts'
import type { LocalStore } from '../contract/local/local-store.ts'
import { err, ok, type Result } from '../contract/result.ts'
import { compareUtf8, emptyDirectoryEntry, parseTreeListing, type TreeEntry, treeListing } from '../contract/tree.ts'
import { statOf } from '../disk/file-stamp.ts'
import { type WalkedTree, walkTree } from '../disk/walk-tree.ts'
import { keepListing, keptListing } from './tree-listings.ts'

/** A staged file, so that its digest can be remembered at its later path. */
export interface StagedFile {
  readonly path: string
  readonly digest: Digest
  /** Its stat from before it was read; a rename of its directory does not change it. */
  readonly from?: BigIntStats
}

/** An artifact whose blobs are staged, and not committed yet. */
export interface StagedArtifact {
  readonly artifact: StoredArtifact
  readonly staged: readonly StagedBlob[]
  readonly files: readonly StagedFile[]
}

/** How many files are staged at once; more would only wait for the disk and the hashing threads. */
const filesAtOnce = 4

/**
 * Stages an artifact: a file, a directory, or a JSON value. It is invisible until its blobs are committed. Symbolic
 * links and special files are refused, because their meaning depends on the machine.
 */
export function stageArtifact(
  blobs: BlobStore,
  kind: 'file' | 'tree',
  path: string,
): Promise<Result<StagedArtifact, StoreFailure>>
export function stageArtifact(
  blobs: BlobStore,
  kind: 'json',
  value: JsonValue,
): Promise<Result<StagedArtifact, StoreFailure>>
export async function stageArtifact(
  blobs: BlobStore,
  kind: StoredArtifact['kind'],
  source: JsonValue,
): Promise<Result<StagedArtifact, StoreFailure>> {
  if (kind === 'json') return ok(stageJson(blobs, source))
  if (typeof source !== 'string') throw new TypeError(`a ${kind} is staged from a path`)
  return kind === 'file' ? stageFileArtifact(blobs, resolve(source)) : stageTree(blobs, resolve(source))
}

/** Returns the artifact of a JSON value, without storing it. */
export function artifactOfJson(value: JsonValue): StoredArtifact {
  const digest = digestBytes(Buffer.from(canonicalJson(value)))
  return { kind: 'json', digest, sizeBytes: digest.sizeBytes }
}

/** Returns the artifact of a file or a directory, without storing it; uses remembered digests. */
export async function artifactOfPath(
  store: Pick<LocalStore, 'ledger'>,
  kind: 'file' | 'tree',
  path: string,
): Promise<Result<StoredArtifact, StoreFailure>> {
  const absolute = resolve(path)
  if (kind === 'file') {
    const found = await store.ledger.fileDigests.digest(absolute)
    if (!found.ok) return found
    const { digest } = found.value
    return ok(fileArtifact(digest, statOf(absolute)))
  }
  const walked = walkTree(absolute, { followFileLinks: true })
  if (!walked.ok) return walked
  const { files, directories } = walked.value
  const found = await store.ledger.fileDigests.digests(files.map((file) => join(absolute, file.path)))
  const entries: TreeEntry[] = []
  for (const [index, { path: inside, executable }] of files.entries()) {
    const digested = found[index]
    if (digested?.ok !== true) return digested ?? err({ kind: 'source-unreadable', path: inside, code: 'ENOENT' })
    entries.push({ path: inside, digest: digested.value.digest, executable })
  }
  const all = [...entries, ...emptyIn(directories)].sort((a, b) => compareUtf8(a.path, b.path))
  const { artifact } = treeArtifact(all, walked.value)
  // It may be in no store, and whoever goes through its files asks for them next.
  keepListing(artifact.digest, all)
  return ok(artifact)
}

/** Returns the value of a JSON artifact. */
export async function readJsonArtifact(
  cache: Pick<CacheStore, 'read'>,
  artifact: StoredArtifact,
): Promise<Result<JsonValue, StoreFailure>> {
  const read = await cache.read(artifact.digest)
  if (!read.ok) return read
  const value = guardedParse(Buffer.from(read.value).toString('utf8'))
  return value === undefined
    ? err({ kind: 'blob-corrupt', hash: artifact.digest.hash, what: 'it is not valid JSON' })
    : ok(value)
}

/** Returns the entries of a tree artifact. */
export async function readTreeArtifact(
  cache: Pick<CacheStore, 'read'>,
  artifact: StoredArtifact,
): Promise<Result<readonly TreeEntry[], StoreFailure>> {
  const kept = keptListing(artifact.digest)
  if (kept !== undefined) return ok(kept)
  const read = await cache.read(artifact.digest)
  if (!read.ok) return read
  const entries = parseTreeListing(Buffer.from(read.value).toString('utf8'))
  if (entries === undefined)
    return err({ kind: 'blob-corrupt', hash: artifact.digest.hash, what: 'it is not a valid tree listing' })
  keepListing(artifact.digest, entries)
  return ok(entries)
}

function stageJson(blobs: BlobStore, value: JsonValue): StagedArtifact {
  const blob = blobs.stageBytes(Buffer.from(canonicalJson(value)))
  return {
    artifact: { kind: 'json', digest: blob.digest, sizeBytes: blob.digest.sizeBytes },
    staged: [blob],
    files: [],
  }
}

async function stageFileArtifact(blobs: BlobStore, path: string): Promise<Result<StagedArtifact, StoreFailure>> {
  const blob = await blobs.stageFile(path)
  if (!blob.ok) return blob
  const { digest, from } = blob.value
  const artifact = fileArtifact(digest, from ?? statOf(path))
  return ok({ artifact, staged: [blob.value], files: [{ path, digest, ...(from === undefined ? {} : { from }) }] })
}

async function stageTree(blobs: BlobStore, root: string): Promise<Result<StagedArtifact, StoreFailure>> {
  const walked = walkTree(root, { followFileLinks: false })
  if (!walked.ok) return walked
  const staged: StagedBlob[] = []
  const files: StagedFile[] = []
  const entries = await mapSome(walked.value.files, async (file): Promise<Result<TreeEntry, StoreFailure>> => {
    const path = join(root, file.path)
    const blob = await blobs.stageFile(path)
    if (!blob.ok) return blob
    const { digest, from } = blob.value
    staged.push(blob.value)
    files.push({ path, digest, ...(from === undefined ? {} : { from }) })
    return ok({ path: file.path, digest, executable: file.executable })
  })
  if (!entries.ok) {
    await blobs.discard(staged)
    return entries
  }
  const empty = emptyIn(walked.value.directories)
  const { artifact, listing } = treeArtifact([...entries.value, ...empty], walked.value)
  if (empty.length > 0) staged.push(blobs.stageBytes(new Uint8Array()))
  return ok({ artifact, staged: [...staged, blobs.stageBytes(listing)], files })
}

function emptyIn(directories: WalkedTree['directories']): readonly TreeEntry[] {
  return directories.flatMap(({ path, isEmpty }) => (isEmpty && path !== '' ? [emptyDirectoryEntry(path)] : []))
}

function treeArtifact(
  entries: readonly TreeEntry[],
  { files, directories }: WalkedTree,
): { readonly artifact: StoredArtifact; readonly listing: Uint8Array } {
  const listing = Buffer.from(treeListing(entries))
  const sizeBytes = entries.reduce((sum, { digest }) => sum + digest.sizeBytes, 0)
  const modes: Record<string, number> = {}
  for (const { path, mode, executable } of files) if (mode !== usualMode(executable)) modes[path] = mode
  for (const { path, mode } of directories) if (mode !== usualMode(true)) modes[`${path}/`] = mode
  return { artifact: { kind: 'tree', digest: digestBytes(listing), sizeBytes, ...modesPart(modes) }, listing }
}

function fileArtifact(digest: Digest, stats: BigIntStats | undefined): StoredArtifact {
  const mode = stats === undefined ? usualMode(false) : Number(stats.mode & 0o777n)
  const executable = (mode & 0o100) !== 0
  const modes: Record<string, number> = mode === usualMode(executable) ? {} : { '': mode }
  const executablePart = executable ? { executable } : {}
  return { kind: 'file', digest, sizeBytes: digest.sizeBytes, ...executablePart, ...modesPart(modes) }
}

function modesPart(modes: Record<string, number>): Pick<StoredArtifact, 'modes'> {
  return Object.keys(modes).length === 0 ? {} : { modes }
}

/** Maps items, a few at once, and stops at the first failure; the values are in the items' order. */
export async function mapSome<Item, Value>(
  items: readonly Item[],
  map: (item: Item) => Promise<Result<Value, StoreFailure>>,
): Promise<Result<readonly Value[], StoreFailure>> {
  const values = new Array<Value>(items.length)
  const queue = items.entries()
  let failure: StoreFailure | undefined
  async function work(): Promise<void> {
    for (const [index, item] of queue) {
      const mapped = await map(item)
      if (!mapped.ok) failure ??= mapped.error
      else values[index] = mapped.value
      if (failure !== undefined) return
    }
  }
  await Promise.all(Array.from({ length: Math.min(filesAtOnce, items.length) }, work))
  return failure === undefined ? ok(values) : err(failure)
}
