import { chmodSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'

/**
 * Removes a file, or a directory with all that is in it, if it is there; also directories that their owner may not
 * write to, as tools unpack and copy them. Throws what the file system throws.
 */
export function removeTree(path: string): void {
  try {
    rmSync(path, { recursive: true, force: true })
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined
    if (code !== 'EACCES' && code !== 'EPERM') throw error
    makeRemovable(path)
    rmSync(path, { recursive: true, force: true })
  }
}

function makeRemovable(dir: string): void {
  chmodSync(dir, 0o700)
  for (const entry of readdirSync(dir, { withFileTypes: true })) {
    if (entry.isDirectory()) makeRemovable(join(dir, entry.name))
  }
}
