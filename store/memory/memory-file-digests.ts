import { resolve } from 'node:path'
import type { StoreFailure } from '../contract/failure.ts'
import type { FileDigests, StampedDigest } from '../contract/local/file-digests.ts'
import { err, ok, type Result } from '../contract/result.ts'
import { isSettled, linkStatOf, sameStamp, stampOf, statOf } from '../disk/file-stamp.ts'
import { hashFile } from '../hashing/hash-file.ts'
import { kindOf } from '../ledger/file-digests.ts'

/** Returns digests of files that are remembered in memory. */
export function createMemoryFileDigests(now: () => number): FileDigests {
  const known = new Map<string, StampedDigest>()

  function match(path: string, stats: ReturnType<typeof statOf>): StampedDigest | undefined {
    const stamped = known.get(path)
    if (stamped === undefined || stats?.isFile() !== true) return undefined
    return sameStamp(stamped.stamp, stampOf(stats)) ? stamped : undefined
  }

  async function digest(path: string): Promise<Result<StampedDigest, StoreFailure>> {
    const absolute = resolve(path)
    const readFromMs = now()
    const stats = statOf(absolute)
    const remembered = match(absolute, stats)
    if (remembered !== undefined) return ok(remembered)
    if (stats?.isFile() === false) return err({ kind: 'source-unsupported', path: absolute, what: kindOf(stats) })
    const hashed = await hashFile(absolute, stats && stampOf(stats))
    if (!hashed.ok) return err({ kind: 'source-unreadable', path: absolute, code: hashed.error })
    if (isSettled(hashed.value.stamp, readFromMs)) known.set(absolute, hashed.value)
    return hashed
  }

  return {
    known: (path) => match(resolve(path), statOf(resolve(path))),
    match: (path, stats) => match(path, stats)?.digest,
    digest,
    digests: (paths) => Promise.all(paths.map(digest)),
    remember(path, fileDigest, stats = linkStatOf(path)) {
      const absolute = resolve(path)
      if (stats?.isFile() !== true || stats.size !== BigInt(fileDigest.sizeBytes)) return
      known.set(absolute, { digest: fileDigest, stamp: stampOf(stats) })
    },
  }
}
