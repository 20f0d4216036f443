import { closeSync, fsyncSync, openSync, renameSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { removeFile } from './remove-file.ts'
import { syncDirectory } from './sync-directory.ts'
import { tmpBeside } from './temporary-path.ts'

/**
 * Replaces a file in one step: readers see the old text or the new one. With `durable`, the new one also outlives a power
 * failure once this returns, for what is nowhere else. Throws what the file system throws.
 */
export function writeAtomically(path: string, text: string | Uint8Array, { durable = false } = {}): void {
  const tmp = tmpBeside(path)
  try {
    writeFileSync(tmp, text, { flag: 'wx' })
    if (durable) syncFile(tmp)
    renameSync(tmp, path)
    if (durable) syncDirectory(dirname(path))
  } catch (error) {
    removeFile(tmp)
    throw error
  }
}

function syncFile(path: string): void {
  const file = openSync(path, 'r+')
  try {
    fsyncSync(file)
  } finally {
    closeSync(file)
  }
}
