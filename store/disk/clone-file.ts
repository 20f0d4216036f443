import { constants, copyFileSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import { errorCode, isSystemError, valueOr } from './io-failure.ts'
import { removeFile } from './remove-file.ts'

/** Pairs of devices between which a clone was refused; it is not tried again. */
const cannotClone = new Set<string>()
const refusals = ['ENOTSUP', 'EOPNOTSUPP', 'EXDEV', 'EINVAL', 'ENOTTY', 'ENOSYS', 'EPERM']

/** Clones a file (a reflink): a copy that takes no time and no room. Returns false where the file system cannot. */
export function cloneFile(from: string, to: string): boolean {
  const devices = `${deviceOf(from)} ${deviceOf(dirname(to))}`
  if (cannotClone.has(devices)) return false
  try {
    copyFileSync(from, to, constants.COPYFILE_FICLONE_FORCE | constants.COPYFILE_EXCL)
    return true
  } catch (error) {
    if (!isSystemError(error)) throw error
    if (refusals.includes(errorCode(error))) cannotClone.add(devices)
    if (errorCode(error) !== 'EEXIST') removeFile(to)
    return false
  }
}

function deviceOf(path: string): number | undefined {
  return valueOr(undefined, () => statSync(path).dev)
}
