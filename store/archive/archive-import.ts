import { type FileHandle, open } from 'node:fs/promises'
import { resolve } from 'node:path'
import { unusableOutput } from '../actions/action-blobs.ts'
import { blobFileMode, discardStaged, stageBytes } from '../blobs/staging.ts'
import type { ActionKey, ActionRecord } from '../contract/action-cache.ts'
import { Blake3Hasher } from '../contract/blake3.ts'
import type { StagedBlob } from '../contract/blob-store.ts'
import { type Digest, digestBytes } from '../contract/digest.ts'
import type { StoreFailure } from '../contract/failure.ts'
import { err, ok, type Result } from '../contract/result.ts'
import { isSystemError, storeIoFailure, ThrownFailure } from '../disk/io-failure.ts'
import { newTmpPath } from '../disk/layout.ts'
import { makeDirectory } from '../disk/make-directory.ts'
import { removeFile } from '../disk/remove-file.ts'
import type { DirectoryStore } from '../local/directory-store.ts'
import type { StoreContext } from '../local/store-context.ts'
import type { ArchiveOptions } from './archive-export.ts'
import { type ArchiveFailure, archiveFailureOf, refuse } from './archive-failure.ts'
import {
  type ArchivedAction,
  type CheckedArchive,
  checkArchive,
  extentOf,
  piecesOf,
  readAction,
} from './archive-read.ts'
import { FileWindow } from './archive-window.ts'

/** What an import added to a store. */
export interface ImportSummary {
  /** Actions that are cache hits now, and were not before. */
  readonly actions: number
  /** Actions that were there already; their results do not change. */
  readonly present: number
  /** What was added; blobs that the store had do not count. */
  readonly blobs: number
  readonly bytes: number
  readonly added: readonly ActionRecord['labels'][]
}

/** Small blobs of one action are staged in memory up to this sum, and as files above it. */
const memoryBytesMax = 32 * 1024 * 1024

/**
 * Imports the actions of an archive. The whole archive is checked first, so that a damaged or malicious one changes
 * nothing. Then each action is committed with its blobs, whose bytes are checked again while they are copied. Nothing
 * is written outside the store, whatever the archive holds.
 */
export async function importArchive(
  store: DirectoryStore,
  file: string,
  options: ArchiveOptions = {},
): Promise<Result<ImportSummary, ArchiveFailure>> {
  const path = resolve(file)
  if (store.readOnly) return err({ kind: 'store-read-only', dir: store.dir })
  let handle: FileHandle | undefined
  try {
    handle = await open(path, 'r')
    const stats = await handle.stat()
    if (!stats.isFile()) return err({ kind: 'archive-refused', path, reason: 'it is not a regular file' })
    return await importActions(store, new FileWindow(handle, stats.size), options)
  } catch (error) {
    return err(archiveFailureOf(error, 'source-unreadable', path, options.signal))
  } finally {
    await handle?.close()
  }
}

async function importActions(
  store: DirectoryStore,
  window: FileWindow,
  { onProgress, signal }: ArchiveOptions,
): Promise<Result<ImportSummary, ArchiveFailure>> {
  // Each byte is read twice: once to check, once to copy.
  const bytesTotal = 2 * window.sizeBytes
  let bytesDone = 0
  const onBytes = (bytes: number): void => {
    signal?.throwIfAborted()
    // What is staged anew is read once more.
    bytesDone = Math.min(bytesTotal, bytesDone + bytes)
    onProgress?.({ bytesDone, bytesTotal })
  }
  const archive = await checkArchive(window, { onBytes })
  const added: ActionRecord['labels'][] = []
  const totals = { actions: 0, present: 0, blobs: 0, bytes: 0 }
  for (const key of archive.actions.keys()) {
    if (isThere(store, key)) {
      totals.present++
      continue
    }
    const action = await readAction(window, archive, key)
    const committed = await commitWhole(store, { context: store.context, window, archive, onBytes }, action)
    if (!committed.ok) return committed
    const fresh = committed.value.filter(({ where }) => where !== 'present')
    totals.actions++
    totals.blobs += fresh.length
    totals.bytes += fresh.reduce((sum, { digest }) => sum + digest.sizeBytes, 0)
    added.push(action.record.labels)
  }
  return ok({ ...totals, added })
}

/** Each attempt fails only if another collection came between, so this is more than enough. */
const attemptsMax = 5

/** Commits an action with its blobs. A collection may remove one that was there when it was staged: all are staged anew. */
async function commitWhole(
  store: DirectoryStore,
  running: Import,
  action: ArchivedAction,
): Promise<Result<readonly StagedBlob[], StoreFailure>> {
  for (let left = attemptsMax; ; left--) {
    const staged = await stageAll(running, action)
    const committed = await store.actions.commit(action.record, staged)
    if (committed.ok) return ok(staged)
    discardStaged(staged)
    if (committed.error.kind !== 'blob-missing' || left === 0) return committed
  }
}

/** Not a look-up, which would count as a cache hit. */
function isThere({ actionTable, context }: DirectoryStore, key: ActionKey): boolean {
  const record = actionTable.get(key)
  return record !== undefined && record !== 'corrupt' && unusableOutput(context, record) === undefined
}

interface Import {
  readonly context: StoreContext
  readonly window: FileWindow
  readonly archive: CheckedArchive
  readonly onBytes: (bytes: number) => void
}

async function stageAll(running: Import, { blobs }: ArchivedAction): Promise<readonly StagedBlob[]> {
  const { context } = running
  const digests = new Map(blobs.map(({ digest }) => [digest.hash, digest]))
  const staged: StagedBlob[] = []
  let memoryBytes = 0
  try {
    for (const digest of digests.values()) {
      if (context.blobTable.state(digest) === 'present') {
        staged.push({ where: 'present', digest })
        continue
      }
      const small = digest.sizeBytes <= context.inlineBytesMax && memoryBytes + digest.sizeBytes <= memoryBytesMax
      memoryBytes += small ? digest.sizeBytes : 0
      staged.push(small ? await stageSmall(running, digest) : await stageLarge(running, digest))
    }
    return staged
  } catch (error) {
    discardStaged(staged)
    throw error
  }
}

const changedMeanwhile = 'it changed while it was imported'

async function stageSmall({ context, window, archive }: Import, digest: Digest): Promise<StagedBlob> {
  const { offset, sizeBytes } = extentOf(archive, digest)
  const bytes = (await window.exactly(offset, sizeBytes)) ?? refuse(changedMeanwhile)
  return digestBytes(bytes).hash === digest.hash ? stageBytes(context, bytes) : refuse(changedMeanwhile)
}

async function stageLarge({ context, window, archive, onBytes }: Import, digest: Digest): Promise<StagedBlob> {
  const { layout } = context
  const path = newTmpPath(layout)
  const handle = await inStore(context, async () => {
    makeDirectory(layout.tmp, 0o700)
    return open(path, 'wx', blobFileMode)
  })
  try {
    const hasher = new Blake3Hasher()
    for await (const piece of piecesOf(window, extentOf(archive, digest))) {
      hasher.update(piece)
      await inStore(context, () => handle.writeFile(piece))
      onBytes(piece.byteLength)
    }
    if (hasher.digest('hex') !== digest.hash) refuse(changedMeanwhile)
    await inStore(context, () => handle.datasync())
    return { where: 'file', digest, path }
  } catch (error) {
    removeFile(path)
    throw error
  } finally {
    await handle.close()
  }
}

/** Throws an error of the store's disk as a failure of the store, not of the archive. */
async function inStore<T>({ layout }: StoreContext, act: () => Promise<T>): Promise<T> {
  try {
    return await act()
  } catch (error) {
    if (!isSystemError(error)) throw error
    throw new ThrownFailure(storeIoFailure(layout.dir, 'write tmp', error))
  }
}
