import { statSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'

/**
 * Returns a folder of the user's cache directory, as the system's customs have it, in which what is executed may be kept:
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
    // A user whom the system does not know has no home.
    return undefined
  }
}

/** Returns whether a folder is the user's own, or is not there. One that may not even be looked at is not. */
export function isOurs(dir: string): boolean {
  try {
    const owner = statSync(dir, { throwIfNoEntry: false })?.uid ?? process.getuid?.()
    return owner === process.getuid?.()
  } catch {
    return false
  }
}
