import { type BigIntStats, closeSync, constants, openSync, writeFileSync } from 'node:fs'
import type { StagedBlob } from '../contract/blob-store.ts'
import { type Digest, digestBytes } from '../contract/digest.ts'
import type { StoreFailure } from '../contract/failure.ts'
import { err, ok, type Result } from '../contract/result.ts'
import { linkStatOf } from '../disk/file-stamp.ts'
import { attempt, errorCode, isSystemError, storeIoFailure, valueOr } from '../disk/io-failure.ts'
import { newTmpPath } from '../disk/layout.ts'
import { makeDirectory } from '../disk/make-directory.ts'
import { removeFile } from '../disk/remove-file.ts'
import { readFull } from '../disk/whole-transfers.ts'
import { cloneOrCopy } from '../hashing/copy-file.ts'
import { kindOf } from '../ledger/file-digests.ts'
import type { StoreContext } from '../local/store-context.ts'

/** Blob files are never written again. */
export const blobFileMode = 0o444

/** A look at what others have done costs as much as ten look-ups of a blob. */
const lookAgainMs = 1

/** Stages bytes in memory, or notes that the store has them. */
export function stageBytes(context: StoreContext, bytes: Uint8Array, from?: BigIntStats): StagedBlob {
  const digest = digestBytes(bytes)
  const fromPart = from === undefined ? {} : { from }
  return isPresent(context, digest)
    ? { where: 'present', digest, ...fromPart }
    : { where: 'memory', digest, bytes, ...fromPart }
}

/** Stages a file: a small one is read into memory, a large one is copied under `tmp/` while it is hashed. */
export async function stageFile(context: StoreContext, path: string): Promise<Result<StagedBlob, StoreFailure>> {
  const from = linkStatOf(path)
  if (from === undefined) return err({ kind: 'source-unreadable', path, code: 'ENOENT' })
  if (!from.isFile()) return err({ kind: 'source-unsupported', path, what: kindOf(from) })
  const { readOnly } = context.db
  // Looking up the digest of a small file takes as long as reading it.
  if (!readOnly && from.size <= BigInt(context.inlineBytesMax)) return stageSmallFile(context, path, from)
  const known = context.fileDigests.match(path, from)
  if (known !== undefined && isPresent(context, known)) return ok({ where: 'present', digest: known, from })
  if (readOnly) return err({ kind: 'store-read-only', dir: context.layout.dir })
  const staged = await stageLargeFile(context, path, Number(from.size))
  return staged.ok ? ok({ ...staged.value, from }) : staged
}

function isPresent({ blobTable, db }: StoreContext, digest: Digest): boolean {
  // The commit meets a damaged index again, and reports it.
  return valueOr(false, () => {
    // Another process may have collected it since the last look; the commit looks again.
    db.refresh(lookAgainMs)
    return blobTable.isPresent(digest)
  })
}

function stageSmallFile(context: StoreContext, path: string, from: BigIntStats): Result<StagedBlob, StoreFailure> {
  try {
    return ok(stageBytes(context, readWhole(path, Number(from.size)), from))
  } catch (error) {
    if (!isSystemError(error)) throw error
    return err({ kind: 'source-unreadable', path, code: errorCode(error) })
  }
}

/** Returns the bytes of a file that had this size a moment ago. */
function readWhole(path: string, sizeBytes: number): Uint8Array {
  const fd = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW)
  try {
    const bytes = Buffer.allocUnsafe(sizeBytes)
    return bytes.subarray(0, readFull(fd, bytes))
  } finally {
    closeSync(fd)
  }
}

async function stageLargeFile(
  context: StoreContext,
  path: string,
  sizeBytes: number,
): Promise<Result<StagedBlob, StoreFailure>> {
  const { layout } = context
  const tmp = newTmpPath(layout)
  const made = attempt(layout.dir, 'mkdir tmp', () => makeDirectory(layout.tmp, 0o700))
  if (!made.ok) return made
  const copied = await cloneOrCopy(path, sizeBytes, { path: tmp, mode: blobFileMode, durable: true })
  if (!copied.ok) {
    removeFile(tmp)
    const { side, error } = copied.error
    if (!isSystemError(error)) throw error
    if (side === 'source') return err({ kind: 'source-unreadable', path, code: errorCode(error) })
    return err(storeIoFailure(layout.dir, 'write tmp', error))
  }
  const digest = copied.value
  if (!isPresent(context, digest)) return ok({ where: 'file', digest, path: tmp })
  removeFile(tmp)
  return ok({ where: 'present', digest })
}

/** Writes bytes that are too many for the index into a file under `tmp/`, durably, and returns it staged. */
export function stageBytesAsFile(context: StoreContext, digest: Digest, bytes: Uint8Array): StagedBlob {
  makeDirectory(context.layout.tmp, 0o700)
  const path = newTmpPath(context.layout)
  try {
    writeFileSync(path, bytes, { flag: 'wx', mode: blobFileMode, flush: true })
  } catch (error) {
    removeFile(path)
    throw error
  }
  return { where: 'file', digest, path }
}

export function discardStaged(staged: readonly StagedBlob[]): void {
  for (const blob of staged) if (blob.where === 'file') removeFile(blob.path)
}
