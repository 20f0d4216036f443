import { constants } from 'node:fs'
import { type FileHandle, link, open, rename, stat, utimes } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { err, ok, type Result } from '../../contract/result.ts'
import { errorCode, isOutOfRoom, isSystemError } from '../../disk/io-failure.ts'
import { makeDirectory } from '../../disk/make-directory.ts'
import { removeFile } from '../../disk/remove-file.ts'
import { syncDirectory } from '../../disk/sync-directory.ts'
import { tmpBeside } from '../../disk/temporary-path.ts'
import type { ObjectPlace, ObjectSource, PlaceFailure, TakePiece, WriteOptions } from './object-place.ts'

/** A piece of this size stays in a core's cache between reading, hashing and writing. */
const pieceBytes = 64 * 1024

/**
 * Returns the place in a directory that others share, such as on NFS. Objects are written beside their place, synced and
 * renamed, so that a reader of another machine sees all of one or nothing. No locks: network file systems have odd ones.
 */
export function createDirectoryPlace(dir: string): ObjectPlace {
  const at = (path: string) => join(dir, path)

  /** A place that is not mounted is not one that is empty. */
  async function absent(): Promise<Result<undefined, PlaceFailure>> {
    try {
      if ((await stat(dir)).isDirectory()) return ok(undefined)
      return err({ kind: 'unavailable', reason: 'it is not a directory' })
    } catch (error) {
      return err(failureOf(dir, error))
    }
  }

  return {
    name: dir,
    atOnce: 8,
    async stat(path, { signal } = {}) {
      signal?.throwIfAborted()
      try {
        const { size, mtimeMs } = await stat(at(path))
        return ok({ sizeBytes: size, modifiedMs: mtimeMs })
      } catch (error) {
        return isAbsent(error) ? absent() : err(failureOf(dir, error))
      }
    },
    async read(path, take, { from = 0, length = Number.POSITIVE_INFINITY, signal } = {}) {
      signal?.throwIfAborted()
      let handle: FileHandle
      try {
        handle = await open(at(path), constants.O_RDONLY)
      } catch (error) {
        const why = isAbsent(error) ? await absent() : err(failureOf(dir, error))
        return why.ok ? ok('absent') : why
      }
      try {
        const failure = await passPieces(handle, take, { from, length, ...(signal && { signal }) })
        return failure === undefined ? ok('read') : err({ kind: 'broken', reason: failure })
      } finally {
        await handle.close()
      }
    },
    async write(path, source, { onlyNew = false, signal, onProgress } = {}) {
      signal?.throwIfAborted()
      const target = at(path)
      try {
        if (onlyNew && (await isFile(target))) return ok('was-there')
        makeDirectory(dirname(target))
        const tmp = tmpBeside(target)
        try {
          await writeWhole(tmp, source, { ...(signal && { signal }), ...(onProgress && { onProgress }) })
          const isNew = await place(tmp, target, onlyNew)
          syncDirectory(dirname(target))
          return ok(isNew ? 'written' : 'was-there')
        } finally {
          removeFile(tmp)
        }
      } catch (error) {
        if (!isSystemError(error)) throw error
        return err(failureOf(dir, error))
      }
    },
    async touch(path, { signal } = {}) {
      signal?.throwIfAborted()
      const now = new Date()
      try {
        await utimes(at(path), now, now)
        return ok('touched')
      } catch (error) {
        return isAbsent(error) ? ok('absent') : err(failureOf(dir, error))
      }
    },
  }
}

/** Passes the bytes of an open file on; returns the code of the error that ended it. */
async function passPieces(
  handle: FileHandle,
  take: TakePiece,
  { from, length, signal }: { readonly from: number; readonly length: number; readonly signal?: AbortSignal },
): Promise<string | undefined> {
  const block = Buffer.allocUnsafe(pieceBytes)
  for (let at = from; at < from + length; ) {
    signal?.throwIfAborted()
    let bytesRead: number
    try {
      ;({ bytesRead } = await handle.read(block, 0, Math.min(pieceBytes, from + length - at), at))
    } catch (error) {
      if (!isSystemError(error)) throw error
      return errorCode(error)
    }
    if (bytesRead === 0) return undefined
    await take(block.subarray(0, bytesRead))
    at += bytesRead
  }
  return undefined
}

async function writeWhole(tmp: string, source: ObjectSource, { signal, onProgress }: WriteOptions): Promise<void> {
  const to = await open(tmp, 'wx', 0o644)
  try {
    if ('bytes' in source) await to.writeFile(source.bytes)
    else {
      const from = await open(source.path, 'r')
      let movedBytes = 0
      try {
        const options = { from: 0, length: source.sizeBytes, ...(signal && { signal }) }
        const broken = await passPieces(
          from,
          async (piece) => {
            await to.writeFile(piece)
            movedBytes += piece.byteLength
            onProgress?.(movedBytes)
          },
          options,
        )
        if (broken !== undefined) throw Object.assign(new Error('the source cannot be read'), { code: broken })
      } finally {
        await from.close()
      }
    }
    // Other machines may read it as soon as it has its name.
    await to.sync()
  } finally {
    await to.close()
  }
}

/** Gives a file its place; returns whether it was free. Not every network file system has links. */
async function place(tmp: string, target: string, onlyNew: boolean): Promise<boolean> {
  if (onlyNew) {
    try {
      await link(tmp, target)
      return true
    } catch (error) {
      if (errorCode(error) === 'EEXIST') return false
    }
  }
  await rename(tmp, target)
  return true
}

async function isFile(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isFile()
  } catch (error) {
    if (isAbsent(error)) return false
    throw error
  }
}

function isAbsent(error: unknown): boolean {
  return ['ENOENT', 'ENOTDIR'].includes(errorCode(error))
}

function failureOf(dir: string, error: unknown): PlaceFailure {
  if (!isSystemError(error)) throw error
  const code = errorCode(error)
  if (isAbsent(error)) return { kind: 'unavailable', reason: 'the directory does not exist; is it mounted?' }
  if (['EACCES', 'EPERM', 'EROFS'].includes(code)) return { kind: 'refused', reason: `permission denied (${code})` }
  if (isOutOfRoom(dir, error)) return { kind: 'full', reason: 'its disk is full' }
  return { kind: 'unavailable', reason: code }
}
