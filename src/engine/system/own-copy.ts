import {
  closeSync,
  copyFileSync,
  fchmodSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  type Stats,
  statSync,
  utimesSync,
  writeSync,
} from 'node:fs'
import { join } from 'node:path'
import { cloneFile } from '../../../store/index.ts'
import { removeTree } from './remove-tree.ts'

/** To copy so much takes a few milliseconds. */
const copiedBytesMax = 8 * 1024 * 1024
const copiedFilesMax = 64
const clonedFilesMax = 1000
/** A larger file is copied by the system, which may share its blocks. */
const readBytesMax = 1024 * 1024

interface Found {
  /** The path inside what is copied; empty for a file. */
  readonly inside: string
  readonly stats: Stats
}

/** Makes copies of files and directories for one step, as long as they cost little. */
export class OwnCopies {
  #bytesLeft = copiedBytesMax
  #filesLeft = copiedFilesMax

  /** Copies a file or a directory to a path where nothing is. Returns whether it did. */
  make(source: string, target: string): boolean {
    const found = entriesAt(source)
    if (found === undefined) return false
    const files = found.filter(({ stats }) => !stats.isDirectory())
    const bytes = files.reduce((sum, { stats }) => sum + stats.size, 0)
    const isSmall = bytes <= this.#bytesLeft && files.length <= this.#filesLeft
    if (isSmall) {
      this.#bytesLeft -= bytes
      this.#filesLeft -= files.length
    }
    try {
      if (found.every((one) => copyOne(one, source, target, isSmall))) return true
    } catch {
      // As on a full disk.
    }
    removeTree(target)
    return false
  }
}

function copyOne({ inside, stats }: Found, source: string, target: string, isSmall: boolean): boolean {
  const [from, to] = inside === '' ? [source, target] : [join(source, inside), join(target, inside)]
  if (stats.isDirectory()) {
    mkdirSync(to)
    return true
  }
  if (isSmall) copyFile(from, to, stats)
  else if (!cloneFile(from, to)) return false
  // Whoever writes to it then changes its time, however coarse the clock of the file system is.
  utimesSync(to, stats.atimeMs / 1000, stats.mtimeMs / 1000)
  return true
}

/**
 * `copyFileSync` empties the file that it has just made. ext4 then sends it to the disk when it is closed, and a file
 * that is removed soon after has to wait for that: 1 to 3 ms for each, instead of 0.1 ms.
 */
function copyFile(from: string, to: string, { size, mode }: Stats): void {
  if (size > readBytesMax) {
    copyFileSync(from, to)
    return
  }
  const bytes = readFileSync(from)
  const file = openSync(to, 'wx', mode)
  try {
    for (let at = 0; at < bytes.length; ) at += writeSync(file, bytes, at)
    fchmodSync(file, mode)
  } finally {
    closeSync(file)
  }
}

/** Returns what changes when someone writes to a copy; it does not when it is linked or read. */
export function copyStamp(path: string): string {
  const entries = entriesAt(path) ?? []
  return entries
    .map(({ inside, stats }) => `${inside} ${stats.isDirectory() ? '' : `${stats.size} ${stats.mtimeMs}`}`)
    .join('\n')
}

/** Returns a file, or a directory and all that is in it; undefined for what is not there, special or too much. */
function entriesAt(root: string): readonly Found[] | undefined {
  const found: Found[] = []
  const dirs: string[] = []
  const add = (inside: string) => {
    const stats = statSync(inside === '' ? root : join(root, inside), { throwIfNoEntry: false })
    if (stats?.isDirectory() === true) dirs.push(inside)
    else if (stats?.isFile() !== true) return false
    found.push({ inside, stats })
    return found.length <= clonedFilesMax
  }
  if (!add('')) return undefined
  for (let dir = dirs.pop(); dir !== undefined; dir = dirs.pop()) {
    // A link to a directory may lead anywhere.
    if (dir !== '' && lstatSync(join(root, dir)).isSymbolicLink()) return undefined
    for (const name of readdirSync(join(root, dir)).sort()) {
      if (!add(dir === '' ? name : `${dir}/${name}`)) return undefined
    }
  }
  return found
}
