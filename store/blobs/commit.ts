import { renameSync } from 'node:fs'
import type { StagedBlob } from '../contract/blob-store.ts'
import type { StoreFailure } from '../contract/failure.ts'
import { err, ok, type Result } from '../contract/result.ts'
import { statOf } from '../disk/file-stamp.ts'
import { demandRoom, isSystemError, storeIoFailure, ThrownFailure, valueOr } from '../disk/io-failure.ts'
import { blobDir, blobPath } from '../disk/layout.ts'
import { makeDirectory } from '../disk/make-directory.ts'
import { syncDirectory } from '../disk/sync-directory.ts'
import type { StoreContext } from '../local/store-context.ts'
import { countPut } from '../tables/size-count.ts'
import { discardStaged, stageBytesAsFile } from './staging.ts'

type StagedFile = Extract<StagedBlob, { where: 'file' }>

/**
 * Makes staged blobs visible, and runs `body` in the same transaction: all of it is on the disk afterwards, or none of
 * it is visible.
 *
 * A file is renamed to its place inside the write transaction, and a collection removes files only inside one, after
 * a look at the record, so that they never collide. A crash before the end of the transaction leaves an orphan file,
 * which the next collection removes, or the next commit of the blob replaces.
 */
export function commitStaged(
  context: StoreContext,
  staged: readonly StagedBlob[],
  body: () => void = () => {},
): Result<void, StoreFailure> {
  const { db, layout } = context
  if (db.readOnly) return err({ kind: 'store-read-only', dir: layout.dir })
  const placed: StagedFile[] = []
  const spilled: StagedBlob[] = []
  try {
    const blobs = prepare(context, staged, spilled)
    demandRoom(layout.dir, inlineBytesOf(blobs))
    db.write(() => {
      try {
        const dirs = new Set<string>()
        const put = { blobs: 0, bytes: 0 }
        for (const blob of blobs) {
          if (!place(context, blob, placed, dirs)) continue
          put.blobs += 1
          put.bytes += blob.digest.sizeBytes
        }
        for (const dir of dirs) syncDirectory(dir)
        if (put.blobs > 0) countPut(db, put)
        body()
      } catch (error) {
        takeBack(context, placed.splice(0))
        throw error
      }
    })
    discardStaged(blobs)
    return ok(undefined)
  } catch (error) {
    takeBackOrphans(context, placed)
    discardStaged(spilled)
    if (error instanceof ThrownFailure) return err(error.failure)
    if (!isSystemError(error)) throw error
    return err(storeIoFailure(layout.dir, 'commit', error))
  }
}

/** Makes the directories of the blobs' files, and returns the blobs; those too large for the index as files. */
function prepare(context: StoreContext, staged: readonly StagedBlob[], spilled: StagedBlob[]): readonly StagedBlob[] {
  const blobs: StagedBlob[] = []
  const dirs = new Set<string>()
  for (const blob of staged) {
    const large = blob.where === 'memory' && blob.bytes.byteLength > context.inlineBytesMax
    const ready = large ? stageBytesAsFile(context, blob.digest, blob.bytes) : blob
    if (large) spilled.push(ready)
    if (ready.where === 'file') dirs.add(blobDir(context.layout, ready.digest.hash))
    blobs.push(ready)
  }
  let made = false
  for (const dir of dirs) made = makeDirectory(dir, 0o700) || made
  if (made) syncDirectory(context.layout.blobs)
  return blobs
}

function inlineBytesOf(blobs: readonly StagedBlob[]): number {
  return blobs.reduce((sum, blob) => sum + (blob.where === 'memory' ? blob.digest.sizeBytes : 0), 0)
}

/** Puts a blob into the store; returns false where it was there already. */
function place(context: StoreContext, blob: StagedBlob, placed: StagedFile[], dirs: Set<string>): boolean {
  const { blobTable, fileDigests, layout } = context
  const { digest } = blob
  if (blob.where === 'memory') return blobTable.putInline(digest, blob.bytes)
  if (blobTable.isPresent(digest)) return false
  switch (blob.where) {
    case 'present':
      throw new ThrownFailure({ kind: 'blob-missing', hash: digest.hash })
    case 'file': {
      const path = blobPath(layout, digest.hash)
      renameSync(blob.path, path)
      placed.push(blob)
      dirs.add(blobDir(layout, digest.hash))
      blobTable.putFile(digest)
      const stats = statOf(path)
      if (stats?.size !== BigInt(digest.sizeBytes)) throw new ThrownFailure({ kind: 'blob-missing', hash: digest.hash })
      // No other process has seen this file, so its stamp is trusted at once.
      fileDigests.writeNow(path, digest, stats)
      break
    }
    default:
      blob satisfies never
  }
  return true
}

/** Moves files back to where they were staged, so that the caller may commit them again or discard them. */
function takeBack({ layout }: StoreContext, placed: readonly StagedFile[]): void {
  for (const { digest, path } of placed) valueOr(undefined, () => renameSync(blobPath(layout, digest.hash), path))
}

/** After a transaction that failed at its end: another process may have committed the same blobs meanwhile. */
function takeBackOrphans(context: StoreContext, placed: readonly StagedFile[]): void {
  if (placed.length === 0) return
  const isOrphan = ({ digest }: StagedFile) => context.blobTable.entry(digest.hash) === undefined
  // A transaction that writes nothing needs no room on the disk: it only holds the lock.
  valueOr(undefined, () => context.db.write(() => takeBack(context, placed.filter(isOrphan))))
}
