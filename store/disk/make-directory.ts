import { mkdirSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import { errorCode } from './io-failure.ts'

/**
 * Makes a directory and those above it that are missing; returns whether anything was made, throws system errors.
 * Not `mkdirSync` with `recursive`, which in Node 20 goes round for ever where a parent is there and yet answers
 * ENOENT, as /proc does.
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

/** Whatever the error is called (EEXIST, EROFS, EISDIR), a directory that is there is what was asked for. */
function makeOne(path: string, mode: number): boolean {
  try {
    mkdirSync(path, { mode })
    return true
  } catch (error) {
    if (statSync(path, { throwIfNoEntry: false })?.isDirectory() === true) return false
    throw error
  }
}
