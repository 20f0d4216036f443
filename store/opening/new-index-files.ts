import { linkSync, statSync, unlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { errorCode, valueOr } from '../disk/io-failure.ts'
import { type Layout, newTmpPath } from '../disk/layout.ts'
import { dataPath } from './index-check.ts'
import { emptyLmdbFile } from './lmdb-file.ts'

/** Room for somewhat more readers than the index asks for; the bytes of LMDB's lock file are zero until it is opened. */
const lockBytes = 68 * 1024

/**
 * Makes the files of an index that are not there, as LMDB would make them, each under another name first. lmdb-js 3.5
 * frees what it has twice where LMDB cannot make them, which ends the process (`EnvWrap::openEnv`); and LMDB leaves
 * holes in the lock file, which it maps, so that a new reader on a full disk ends the process, too. Throws system errors.
 */
export function makeIndexFiles(layout: Layout): void {
  makeFile(layout, join(layout.index, 'lock.mdb'), () => Buffer.alloc(lockBytes))
  makeFile(layout, dataPath(layout), emptyLmdbFile)
}

/** What a file system answers that knows no links; LMDB makes the file itself there. */
const withoutLinks = ['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS']

function makeFile(layout: Layout, path: string, content: () => Uint8Array): void {
  if (statSync(path, { throwIfNoEntry: false }) !== undefined) return
  const tmp = newTmpPath(layout)
  try {
    writeFileSync(tmp, content(), { mode: 0o600, flag: 'wx' })
    // Not by renaming: another process may have made the file, and opened it, meanwhile.
    linkSync(tmp, path)
  } catch (error) {
    if (errorCode(error) !== 'EEXIST' && !withoutLinks.includes(errorCode(error))) throw error
  } finally {
    valueOr(undefined, () => unlinkSync(tmp))
  }
}
