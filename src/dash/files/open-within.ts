import { closeSync, constants, fstatSync, lstatSync, openSync, type Stats } from 'node:fs'
import { join } from 'node:path'

const { O_NOFOLLOW, O_NONBLOCK, O_RDONLY } = constants

/** An open regular file. Whoever has it closes it. */
export interface OpenedFile {
  readonly file: number
  readonly stats: Stats
}

/**
 * Opens a regular file below a directory; no part of the way to it may be a link, and what is opened is what was looked
 * at. `path` comes from a manifest or a listing, and may be a stranger's all the same. Undefined where there is none.
 */
export function openWithin(dir: string, path: string): OpenedFile | undefined {
  const seen = lookWithin(dir, path)
  if (seen?.isFile() !== true) return undefined
  let file: number | undefined
  try {
    // Opening a named pipe would wait for its writer.
    file = openSync(join(dir, path), O_RDONLY | O_NOFOLLOW | O_NONBLOCK)
    const stats = fstatSync(file)
    // A directory on the way may have been replaced by a link meanwhile.
    const again = lookWithin(dir, path)
    if (stats.isFile() && isSame(stats, seen) && again !== undefined && isSame(stats, again)) return { file, stats }
  } catch {
    // It is gone, or a link by now.
  }
  if (file !== undefined) closeSync(file)
  return undefined
}

/** Returns what lies at a path below a directory, without following a link; undefined where nothing does. */
export function lookWithin(dir: string, path: string): Stats | undefined {
  const parts = path.split('/')
  if (parts.some((part) => part === '' || part === '.' || part === '..' || /[\0\\]/.test(part))) return undefined
  try {
    let at = dir
    for (const part of parts.slice(0, -1)) {
      at = join(at, part)
      if (!lstatSync(at).isDirectory()) return undefined
    }
    return lstatSync(join(dir, path))
  } catch {
    return undefined
  }
}

function isSame(a: Stats, b: Stats): boolean {
  return a.ino === b.ino && a.dev === b.dev
}
