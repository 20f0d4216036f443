import { linkSync, statSync, unlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { errorCode, valueOr } from '../../disk/io-failure.ts'
import { type Layout, newTmpPath } from '../../disk/layout.ts'

/** Room for somewhat more readers than the index asks for; the bytes are zero until LMDB opens the file. */
const lockBytes = 68 * 1024

/** What a file system answers that knows no links; LMDB makes the file itself there. */
const withoutLinks = ['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS']

/**
 * Makes LMDB's lock file where there is none, in full: LMDB makes one that is a hole, and maps it, so that a new reader
 * on a full disk ends the process. Throws system errors.
 */
export function makeLockFile(layout: Layout): void {
  const path = join(layout.index, 'lock.mdb')
  if (statSync(path, { throwIfNoEntry: false }) !== undefined) return
  const tmp = newTmpPath(layout)
  try {
    writeFileSync(tmp, Buffer.alloc(lockBytes), { mode: 0o600, flag: 'wx' })
    // Not by renaming: another process may have made the file, and opened it, meanwhile.
    linkSync(tmp, path)
  } catch (error) {
    if (errorCode(error) !== 'EEXIST' && !withoutLinks.includes(errorCode(error))) throw error
  } finally {
    valueOr(undefined, () => unlinkSync(tmp))
  }
}
