import { readdirSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'

const dayMs = 24 * 3600 * 1000
/** Files that were not rewritten for this long most likely belong to an old version. */
const keptMs = 60 * dayMs

/**
 * Returns a folder of the user's cache directory, as the system's customs have it, in which what is executed may be
 * kept:
 * it is the user's own, or is not there yet. Undefined where there is none, and where Node is told to keep no code.
 */
export function ownCacheDir(name: 'code' | 'configs', env: NodeJS.ProcessEnv): string | undefined {
  if ((env.NODE_DISABLE_COMPILE_CACHE ?? '') !== '' || process.platform === 'win32') return undefined
  try {
    const caches =
      process.platform === 'darwin'
        ? join(homedir(), 'Library', 'Caches')
        : env.XDG_CACHE_HOME || join(homedir(), '.cache')
    const dir = join(caches, 'reprise', name)
    return isOurs(dir) ? dir : undefined
  } catch {
    // A user without an account has no home directory.
    return undefined
  }
}

/** Returns whether a folder is the user's own, or does not exist. One that cannot be read is not. */
export function isOurs(dir: string): boolean {
  try {
    const owner = statSync(dir, { throwIfNoEntry: false })?.uid ?? process.getuid?.()
    return owner === process.getuid?.()
  } catch {
    return false
  }
}

/** Writes a file of such a folder atomically. Throws what the file system throws. */
export function replaceKept(path: string, bytes: Uint8Array): void {
  const temporary = `${path}.${process.pid}`
  try {
    writeFileSync(temporary, bytes, { mode: 0o600 })
    renameSync(temporary, path)
  } catch (error) {
    rmSync(temporary, { force: true })
    throw error
  }
}

/** Removes files from such a folder that are most likely unused. */
export function removeOld(dir: string): void {
  for (const name of readdirSync(dir)) {
    const path = join(dir, name)
    if (Date.now() - statSync(path).mtimeMs > keptMs) rmSync(path, { force: true })
  }
}
