import {
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  type Stats,
  statSync,
  writeFileSync,
} from 'node:fs'
import { homedir } from 'node:os'
import { dirname, join, resolve } from 'node:path'

const dayMs = 24 * 3600 * 1000
/** Files that were not rewritten for this long most likely belong to an old version. */
const keptMs = 60 * dayMs

/**
 * Returns a folder of the user's cache directory, as the system's customs have it, in which what is executed may be
 * kept: nobody else can write to it, or it is not there yet. Undefined where there is none, and where Node is told to
 * keep no code.
 */
export function ownCacheDir(name: 'code' | 'configs', env: NodeJS.ProcessEnv): string | undefined {
  return (env.NODE_DISABLE_COMPILE_CACHE ?? '') === '' ? ownDir(name, env) : undefined
}

/** Returns a folder of the user's cache directory for what nobody else may read or write. */
export function ownDir(name: string, env: NodeJS.ProcessEnv): string | undefined {
  if (process.platform === 'win32') return undefined
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

/**
 * Returns whether nobody else can put anything into a folder, or in the place of it: it is the user's own, and so are
 * those that it lies in, or the system's. No link is among them. One that does not exist yet is judged by the others.
 */
export function isOurs(dir: string): boolean {
  const path = resolve(dir)
  try {
    const stats = lstatSync(path, { throwIfNoEntry: false })
    if (stats === undefined) return path !== '/' && isOurs(dirname(path))
    return stats.uid === process.getuid?.() && isClosed(stats) && isPathClosed(dirname(path))
  } catch {
    return false
  }
}

function isPathClosed(path: string): boolean {
  const stats = lstatSync(path)
  const isClosedHere = isClosed(stats) || (isOfUserOrSystem(stats) && stats.isDirectory() && isSticky(stats))
  return isClosedHere && (path === '/' || isPathClosed(dirname(path)))
}

function isClosed(stats: Stats): boolean {
  return stats.isDirectory() && isOfUserOrSystem(stats) && (stats.mode & writableByOthers) === 0
}

function isOfUserOrSystem({ uid }: Stats): boolean {
  return uid === 0 || uid === process.getuid?.()
}

/** In such a folder, as /tmp is one, an entry is renamed and removed by its owner only. */
function isSticky({ mode }: Stats): boolean {
  return (mode & 0o1000) !== 0
}

const writableByOthers = 0o022

/** Reads a file of such a folder. Throws where it is a link, or could have been written by somebody else. */
export function readOwn(path: string): Buffer {
  const file = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
  try {
    const stats = fstatSync(file)
    const isOwn = stats.isFile() && stats.uid === process.getuid?.() && (stats.mode & writableByOthers) === 0
    if (!isOwn) throw new Error(`${path} may be somebody else's`)
    return readFileSync(file)
  } finally {
    closeSync(file)
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
