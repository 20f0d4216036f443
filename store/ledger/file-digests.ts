import type { BigIntStats } from 'node:fs'
import { resolve } from 'node:path'
import type { Digest } from '../contract/digest.ts'
import type { StoreFailure } from '../contract/failure.ts'
import type { FileDigests, StampedDigest } from '../contract/local/file-digests.ts'
import { err, ok, type Result } from '../contract/result.ts'
import { absolutePath } from '../disk/absolute-path.ts'
import { isSettled, isSettledForMaps, linkStatOf, sameStamp, stampOf, statOf } from '../disk/file-stamp.ts'
import { valueOr } from '../disk/io-failure.ts'
import { type FileToHash, type HashedFile, hashFile, hashFiles, whyUnseen } from '../hashing/hash-file.ts'
import type { IndexDb } from '../lmdb/index-db.ts'
import { textKey } from '../lmdb/index-keys.ts'
import type { PendingWrites } from '../lmdb/pending-writes.ts'
import { encodeStamped, matchStamped } from './stamp-record.ts'

/** A file whose digest is not remembered; `readFromMs` is a time before its stat was taken. */
interface Unhashed extends FileToHash {
  /** Where it stands among the files that were asked for. */
  readonly index: number
  readonly readFromMs: number
}

/** What the store itself asks of the remembered digests, besides what everybody may. */
export interface FileDigestTable extends FileDigests {
  /** Records what is at `path`, whose stat was taken by the caller, inside a write transaction. */
  writeNow(path: string, digest: Digest, stats: BigIntStats): void
}

interface Options {
  readonly db: IndexDb
  readonly pending: PendingWrites
  readonly now: () => number
}

/** Returns the digests of files that a store's index remembers. */
export function createFileDigests({ db, pending, now }: Options): FileDigestTable {
  const table = db.table('file-digests-1')
  /** Recorded and not yet flushed, by absolute path. */
  const fresh = pending.collect<string, StampedDigest>((entries) => {
    for (const [path, stamped] of entries) {
      const key = textKey(path)
      table.put(key, encodeStamped(key, path, stamped))
    }
  })

  /** Of files that may be changed through a memory map without a new stamp: whoever asks for their digest reads them. */
  const recent = new Map<string, StampedDigest>()

  function match(path: string, stats: BigIntStats): Digest | undefined {
    if (!stats.isFile()) return undefined
    const waiting = fresh.get(path)
    if (waiting !== undefined) return sameStamp(waiting.stamp, stampOf(stats)) ? waiting.digest : undefined
    const key = textKey(path)
    // A damaged index forgets; the file is hashed again.
    return valueOr(undefined, () => {
      const record = table.peek(key)
      return record === undefined ? undefined : matchStamped(key, record, stats)
    })
  }

  function matchRecent(path: string, stats: BigIntStats): Digest | undefined {
    const known = recent.get(path)
    return known !== undefined && sameStamp(known.stamp, stampOf(stats)) ? known.digest : undefined
  }

  /** Looks at a file, and asks for its digest where it is not remembered. */
  function look(path: string, index: number): Result<StampedDigest, StoreFailure> | Unhashed {
    const readFromMs = now()
    const stats = statOf(path)
    if (stats === undefined) return err({ kind: 'source-unreadable', path, code: whyUnseen(path) })
    if (!stats.isFile()) return err({ kind: 'source-unsupported', path, what: kindOf(stats) })
    const digest = match(path, stats)
    const stamp = stampOf(stats)
    return digest === undefined
      ? { path, sizeBytes: Number(stamp.sizeBytes), stamp, index, readFromMs }
      : ok({ digest, stamp })
  }

  function take({ path, readFromMs }: Unhashed, hashed: HashedFile): Result<StampedDigest, StoreFailure> {
    if (!hashed.ok) return err({ kind: 'source-unreadable', path, code: hashed.error })
    const { stamp } = hashed.value
    recent.delete(path)
    if (isSettledForMaps(path, stamp, readFromMs)) fresh.set(path, hashed.value)
    else if (isSettled(stamp, readFromMs)) recent.set(path, hashed.value)
    return hashed
  }

  return {
    known(path) {
      const place = absolutePath(path)
      const stats = statOf(place)
      const digest = stats === undefined ? undefined : (match(place, stats) ?? matchRecent(place, stats))
      return stats === undefined || digest === undefined ? undefined : { digest, stamp: stampOf(stats) }
    },
    async digest(path) {
      const looked = look(resolve(path), 0)
      return 'ok' in looked ? looked : take(looked, await hashFile(looked.path, looked.stamp))
    },
    async digests(paths) {
      const results: Result<StampedDigest, StoreFailure>[] = []
      function* toHash(): Generator<Unhashed> {
        for (const [index, path] of paths.entries()) {
          const looked = look(absolutePath(path), index)
          if ('ok' in looked) results[index] = looked
          else yield looked
        }
      }
      await hashFiles(toHash(), (file, hashed) => {
        results[file.index] = take(file, hashed)
      })
      return results
    },
    remember(path, digest, stats = linkStatOf(path)) {
      if (stats?.isFile() === true && stats.size === BigInt(digest.sizeBytes)) {
        fresh.set(absolutePath(path), { digest, stamp: stampOf(stats) })
      }
    },
    match,
    writeNow(path, digest, stats) {
      const key = textKey(path)
      fresh.delete(path)
      table.put(key, encodeStamped(key, path, { digest, stamp: stampOf(stats) }))
    },
  }
}

/** Returns what a stat that is not a regular file's is, in words. */
export function kindOf(stats: BigIntStats): string {
  if (stats.isDirectory()) return 'a directory'
  if (stats.isSymbolicLink()) return 'a symbolic link'
  if (stats.isFIFO()) return 'a named pipe'
  if (stats.isSocket()) return 'a socket'
  return 'a device'
}
