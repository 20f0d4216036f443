import { chmodSync, linkSync, renameSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { usualMode } from '../contract/artifact.ts'
import type { MaterializeMethod, MaterializeOptions } from '../contract/blob-store.ts'
import { type Digest, sameDigest } from '../contract/digest.ts'
import type { StoreFailure } from '../contract/failure.ts'
import { err, ok, type Result } from '../contract/result.ts'
import { absolutePath } from '../disk/absolute-path.ts'
import { cloneFile } from '../disk/clone-file.ts'
import { statOf } from '../disk/file-stamp.ts'
import { attempt, attemptAt, errorCode, isSystemError, storeIoFailure } from '../disk/io-failure.ts'
import { blobPath } from '../disk/layout.ts'
import { makeDirectory } from '../disk/make-directory.ts'
import { removeFile } from '../disk/remove-file.ts'
import { ownTmpBeside, tmpBeside } from '../disk/temporary-path.ts'
import { copyAndHash } from '../hashing/copy-file.ts'
import { hashFile } from '../hashing/hash-file.ts'
import type { StoreContext } from '../local/store-context.ts'
import { isContentOf } from '../tables/blob-table.ts'
import { quarantineBlob, wrongBytes } from './quarantine.ts'
import { blobFileMode } from './staging.ts'
import { findBlob } from './stored-bytes.ts'

interface Target {
  readonly path: string
  /** The file to fill: a new one beside `path`, to be renamed, or `path` itself in a private directory. */
  readonly tmp: string
  readonly mode: number
  /** Whether the mode is that of the file as it was made, whatever the umask is now. */
  readonly isExact: boolean
}

type Filled = Result<MaterializeMethod, StoreFailure>

/** Writes a blob to a path, atomically; bytes that do not match the digest never reach the path. */
export async function materializeBlob(
  context: StoreContext,
  digest: Digest,
  path: string,
  options: MaterializeOptions = {},
): Promise<Filled> {
  const found = attempt(context.layout.dir, 'read the index', () => findBlob(context, digest))
  if (!found.ok) return found
  const absolute = absolutePath(path)
  const blob = found.value
  const beside = blob.where === 'inline' ? ownTmpBeside : tmpBeside
  const tmp = options.inPrivate === true ? absolute : beside(absolute)
  const target = {
    path: absolute,
    tmp,
    mode: options.mode ?? usualMode(options.executable === true),
    isExact: options.mode !== undefined,
  }
  switch (blob.where) {
    case 'corrupt':
      return err({ kind: 'blob-corrupt', hash: digest.hash, what: 'it was found damaged before' })
    case 'missing':
      return err({ kind: 'blob-missing', hash: digest.hash })
    case 'inline':
      return finish(context, digest, target, fillFromIndex(context, digest, blob.bytes, target))
    case 'file':
      return finish(context, digest, target, await fillFromFile(context, digest, blob.path, target, options))
    default:
      return blob satisfies never
  }
}

function finish(context: StoreContext, digest: Digest, target: Target, filled: Filled): Filled {
  if (filled.ok) return putInPlace(context, digest, target, filled.value)
  removeFile(target.tmp)
  return filled
}

function fillFromIndex(context: StoreContext, digest: Digest, bytes: Uint8Array, target: Target): Filled {
  if (!isContentOf(bytes, digest)) return err(quarantineBlob(context, digest.hash, wrongBytes))
  return attemptAt(target.path, () => {
    writeNewFile(target, bytes)
    return 'inline' as const
  })
}

async function fillFromFile(
  context: StoreContext,
  digest: Digest,
  source: string,
  target: Target,
  { link = 'auto', executable = false, mode }: MaterializeOptions,
): Promise<Filled> {
  if (link !== 'copy') {
    // An executable or private file is never a hardlink: its mode would be that of the blob's file, too.
    const hard = link === 'hardlink' && !executable && (mode ?? blobFileMode) === blobFileMode
    const shared = await fillByLink(context, digest, source, target, hard ? 'hardlink' : 'reflink')
    if (shared !== undefined) return shared
  }
  const made = attemptAt(target.path, () => makeDirectory(dirname(target.path)))
  if (!made.ok) return made
  const copied = await copyAndHash(source, digest.sizeBytes, { path: target.tmp, mode: target.mode, durable: false })
  if (copied.ok) {
    if (!sameDigest(copied.value, digest)) return err(quarantineBlob(context, digest.hash, wrongBytes))
    return attemptAt(target.path, () => {
      if (target.isExact) chmodSync(target.tmp, target.mode)
      return 'copy' as const
    })
  }
  const { side, error } = copied.error
  if (!isSystemError(error)) throw error
  if (side === 'target') return err({ kind: 'target-unwritable', path: target.path, code: errorCode(error) })
  // A file that cannot be read now (EIO) is not quarantined: it may be readable later.
  return err(
    errorCode(error) === 'ENOENT'
      ? { kind: 'blob-missing', hash: digest.hash }
      : storeIoFailure(context.layout.dir, 'read a blob', error),
  )
}

/** Returns undefined where the bytes have to be copied: the file cannot be linked or cloned, or the link be read. */
async function fillByLink(
  context: StoreContext,
  digest: Digest,
  source: string,
  target: Target,
  method: 'reflink' | 'hardlink',
): Promise<Filled | undefined> {
  const stats = statOf(source)
  if (stats === undefined) return undefined
  // Before the link, which changes the ctime of the shared inode, as everything does that is done to one of its names:
  // a tagger may keep the size and the mtime of what it changes.
  const known = context.fileDigests.match(source, stats)
  try {
    makeDirectory(dirname(target.path))
    if (method === 'hardlink') linkSync(source, target.tmp)
    else if (!cloneFile(source, target.tmp)) return undefined
    chmodSync(target.tmp, method === 'hardlink' ? blobFileMode : target.mode)
  } catch (error) {
    if (!isSystemError(error)) throw error
    removeFile(target.tmp)
    return undefined
  }
  // A file with the recorded stat has not changed since its bytes were checked.
  const found = known ?? (await digestOf(target.tmp))
  if (found === undefined) {
    removeFile(target.tmp)
    return undefined
  }
  return sameDigest(found, digest) ? ok(method) : err(quarantineBlob(context, digest.hash, wrongBytes))
}

async function digestOf(path: string): Promise<Digest | undefined> {
  const hashed = await hashFile(path)
  return hashed.ok ? hashed.value.digest : undefined
}

function putInPlace(
  { fileDigests, layout }: StoreContext,
  digest: Digest,
  { path, tmp }: Target,
  method: MaterializeMethod,
): Filled {
  if (tmp !== path) {
    const renamed = attemptAt(path, () => renameSync(tmp, path))
    if (!renamed.ok) {
      removeFile(tmp)
      return renamed
    }
    fileDigests.remember(path, digest)
  }
  // A link changes the ctime of the shared inode, and so does its new name.
  if (method === 'hardlink') fileDigests.remember(blobPath(layout, digest.hash), digest)
  return ok(method)
}

/** The parent directory nearly always exists, so it is made only after a failure. */
function writeNewFile({ path, tmp, mode, isExact }: Target, bytes: Uint8Array): void {
  const write = () => {
    writeFileSync(tmp, bytes, { flag: 'wx', mode })
    if (isExact) chmodSync(tmp, mode)
  }
  try {
    write()
  } catch (error) {
    if (errorCode(error) !== 'ENOENT') throw error
    makeDirectory(dirname(path))
    write()
  }
}
