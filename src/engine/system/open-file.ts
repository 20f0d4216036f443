import { closeSync, constants, fstatSync, openSync, unlinkSync } from 'node:fs'
import { basename } from 'node:path'

const { O_APPEND, O_CREAT, O_NOFOLLOW, O_NONBLOCK, O_RDONLY, O_RDWR } = constants

/** Opens a regular file to read it; undefined if there is none. Opening a named pipe would wait for its writer. */
export function openToRead(path: string): number | undefined {
  let file: number | undefined
  try {
    file = openSync(path, O_RDONLY | O_NONBLOCK)
    if (fstatSync(file).isFile()) return file
  } catch {
    // There is none.
  }
  if (file !== undefined) closeSync(file)
  return undefined
}

export interface OpenedToAppend {
  readonly file: number
  readonly sizeBytes: number
  /** Whether a symbolic link was there. */
  readonly isLinkReplaced: boolean
}

/**
 * Opens a regular file to read it and to append to it, and makes one if it does not exist. A symbolic link is replaced,
 * not followed. Throws what the file system throws.
 */
export function openToAppend(path: string): OpenedToAppend {
  let isLinkReplaced = false
  const flags = O_RDWR | O_CREAT | O_APPEND | O_NOFOLLOW | O_NONBLOCK
  let file: number
  try {
    file = openSync(path, flags)
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined
    if (code === 'EISDIR') throw notAFile(path)
    if (code !== 'ELOOP') throw error
    unlinkSync(path)
    isLinkReplaced = true
    file = openSync(path, flags)
  }
  const stats = fstatSync(file)
  if (stats.isFile()) return { file, sizeBytes: stats.size, isLinkReplaced }
  closeSync(file)
  throw notAFile(path)
}

function notAFile(path: string): Error {
  return new Error(`its ${basename(path)} is not a file; remove it`)
}
