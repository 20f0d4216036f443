import { chmodSync, lstatSync, readdirSync, renameSync, rmdirSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'

/** A path of so many bytes has room for one more name below the limit of 4096 (PATH_MAX). */
const pathBytesMax = 2048

/**
 * Removes a file, or a directory with all that is in it, if it is there; also directories that their owner may not
 * write to, as tools unpack and copy them, and those deeper than a path may be long. Throws what the file system throws.
 */
export function removeTree(path: string): void {
  try {
    rmSync(path, { recursive: true, force: true })
  } catch (error) {
    if (lstatSync(path, { throwIfNoEntry: false })?.isDirectory() !== true) throw error
    makeRemovable(path)
    rmSync(path, { recursive: true, force: true })
  }
}

/** Does what `removeTree` does, and returns why it could not; whoever left it there may be another user. */
export function whyNotRemoved(path: string): string | undefined {
  try {
    removeTree(path)
    return undefined
  } catch (error) {
    return error instanceof Error && 'code' in error ? String(error.code) : String(error)
  }
}

/** Removes the directories around a path that was removed, up to `top`, which stays, as far as they are empty. */
export function removeEmptyParents(path: string, top: string): void {
  try {
    for (let parent = dirname(path); parent !== top; parent = dirname(parent)) rmdirSync(parent)
  } catch {
    // Something else is in it.
  }
}

function makeRemovable(top: string): void {
  let count = 0
  const dirs = [top]
  for (let dir = dirs.pop(); dir !== undefined; dir = dirs.pop()) {
    for (const name of directoriesIn(dir)) {
      const inside = join(dir, name)
      const isShort = Buffer.byteLength(inside) < pathBytesMax
      const place = isShort ? inside : join(top, `.deep-${process.pid}-${count++}`)
      try {
        if (!isShort) renameSync(inside, place)
        dirs.push(place)
      } catch {
        // Removing it will say why.
      }
    }
  }
}

function directoriesIn(dir: string): readonly string[] {
  try {
    chmodSync(dir, 0o700)
    return readdirSync(dir, { withFileTypes: true }).flatMap((entry) => (entry.isDirectory() ? [entry.name] : []))
  } catch {
    return []
  }
}
