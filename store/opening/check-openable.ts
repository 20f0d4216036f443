import { accessSync, closeSync, constants, lstatSync, openSync, readSync, unlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { errorCode, valueOr } from '../disk/io-failure.ts'
import { type Layout, newTmpPath } from '../disk/layout.ts'
import { dataPath } from './index-use.ts'

/** LMDB has its lock file open, and its data twice; Node may need one meanwhile. */
const descriptors = 4
/** What LMDB reads and writes at once when it opens its data. */
const headBytes = 8 * 1024
/** LMDB makes the two pages of a new index while it opens it; the rest meets a full disk as an error. */
const newBytes = 256 * 1024

/**
 * Returns why LMDB cannot open the index, where that says what to do; otherwise throws the system error that LMDB would
 * meet. lmdb-js ends the process where LMDB cannot open its files (see `lmdb/defects`), so it is not left to find out.
 */
export function whyNotOpenable(layout: Layout, readOnly: boolean): string | undefined {
  const directory = lstatSync(layout.index, { throwIfNoEntry: false })
  // A rebuild that was killed is finished first.
  if (directory === undefined) return undefined
  const mode = readOnly ? constants.R_OK : constants.R_OK | constants.W_OK
  accessSync(layout.index, mode | constants.X_OK)
  const data = lstatSync(dataPath(layout), { throwIfNoEntry: false })
  if (data !== undefined) {
    if (!data.isFile()) return `${dataPath(layout)} is not a file; move it away`
    accessSync(dataPath(layout), mode)
    readHead(dataPath(layout), readOnly)
  } else if (!readOnly) tryToWrite(layout)
  return whyNotLockable(join(layout.index, 'lock.mdb'), readOnly)
}

/** The lock file is not opened, because closing it again gives up all locks that this process has on it. */
function whyNotLockable(path: string, readOnly: boolean): string | undefined {
  const stats = lstatSync(path, { throwIfNoEntry: false })
  if (stats === undefined) return undefined
  if (!stats.isFile()) return `${path} is not a file; move it away`
  // LMDB reads a store without the file where it may not write to it.
  if (readOnly) return undefined
  try {
    accessSync(path, constants.R_OK | constants.W_OK)
    return undefined
  } catch (error) {
    if (!['EACCES', 'EPERM'].includes(errorCode(error))) throw error
    return `permission denied for ${path}, which belongs to another user (uid ${stats.uid}); run 'chown' on it, or remove it while nothing uses the store`
  }
}

function readHead(path: string, readOnly: boolean): void {
  const open: number[] = []
  try {
    for (let count = 0; count < descriptors; count++) open.push(openSync(path, readOnly ? 'r' : 'r+'))
    const [file] = open
    if (file !== undefined) readSync(file, Buffer.allocUnsafe(headBytes), 0, headBytes, 0)
  } finally {
    for (const file of open) closeSync(file)
  }
}

function tryToWrite(layout: Layout): void {
  const path = newTmpPath(layout)
  try {
    writeFileSync(path, Buffer.alloc(newBytes), { mode: 0o600, flag: 'wx' })
    readHead(path, false)
  } finally {
    valueOr(undefined, () => unlinkSync(path))
  }
}
