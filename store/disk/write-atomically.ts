import { renameSync, writeFileSync } from 'node:fs'
import { removeFile } from './remove-file.ts'
import { tmpBeside } from './temporary-path.ts'

/** Writes a small file so that a reader sees the old one or the new one, never a part; throws system errors. */
export function writeAtomically(path: string, text: string): void {
  const tmp = tmpBeside(path)
  try {
    writeFileSync(tmp, text, { flag: 'wx' })
    renameSync(tmp, path)
  } catch (error) {
    removeFile(tmp)
    throw error
  }
}
