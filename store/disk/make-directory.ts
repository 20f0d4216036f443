import { mkdirSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import { errorCode } from './io-failure.ts'

/**
 * Makes a directory and its missing parents; returns whether one was made, throws system errors. `mkdirSync` with
 * `recursive` never ends in Node 20 where a parent exists and yet answers ENOENT, as /proc does.
 */
export function makeDirectory(path: string, mode = 0o777): boolean {
  try {
    return makeOne(path, mode)
  } catch (error) {
    if (errorCode(error) !== 'ENOENT' || dirname(path) === path) throw error
  }
  makeDirectory(dirname(path), mode)
  makeOne(path, mode)
  return true
}

/** A directory that exists is no error, whatever the code is (EEXIST, EROFS, EISDIR). */
function makeOne(path: string, mode: number): boolean {
  try {
    mkdirSync(path, { mode })
    return true
  } catch (error) {
    if (statSync(path, { throwIfNoEntry: false })?.isDirectory() === true) return false
    throw error
  }
}
