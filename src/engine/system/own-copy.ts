import {
  closeSync,
  constants,
  copyFileSync,
  fchmodSync,
  fstatSync,
  ftruncateSync,
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

  /**
   * Copies a file or a directory to a path where nothing is, or a copy that nobody needs any more, which had this stamp
   * when it was made. Returns whether it did; nothing is there where it did not.
   */
  make(source: string, target: string, spareStamp?: string): boolean {
    const found = entriesAt(source)
    if (spareStamp !== undefined) {
      if (found?.length === 1 && this.#refill(source, target, found[0]?.stats, spareStamp)) return true
      removeTree(target)
    }
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

  #refill(source: string, target: string, stats: Stats | undefined, stamp: string): boolean {
    if (stats?.isFile() !== true || stats.size > this.#bytesLeft || this.#filesLeft === 0) return false
    try {
      if (!refillFile(source, target, stats, stamp)) return false
      keepTimes(target, stats)
    } catch {
      return false
    }
    this.#bytesLeft -= stats.size
    this.#filesLeft -= 1
    return true
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
  keepTimes(to, stats)
  return true
}

/** Whoever writes to a copy then changes its time, however coarse the clock of the file system is. */
function keepTimes(copy: string, { atimeMs, mtimeMs }: Stats): void {
  utimesSync(copy, atimeMs / 1000, mtimeMs / 1000)
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
    writeWhole(file, bytes)
    fchmodSync(file, mode)
  } finally {
    closeSync(file)
  }
}

/**
 * Makes the copy of one file that of another, without making or removing a file. Returns whether it did: a file that has
 * another name, too, is somebody's own by now, and one that was written to may still be open.
 */
function refillFile(from: string, to: string, { size, mode }: Stats, stamp: string): boolean {
  if (size === 0 || size > readBytesMax) return false
  const file = openSync(to, constants.O_WRONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
  try {
    const before = fstatSync(file)
    if (before.nlink !== 1 || stampOf({ inside: '', stats: before }) !== stamp) return false
    const bytes = readFileSync(from)
    writeWhole(file, bytes)
    if (before.size > bytes.length) ftruncateSync(file, bytes.length)
    if (before.mode !== mode) fchmodSync(file, mode)
    return true
  } finally {
    closeSync(file)
  }
}

function writeWhole(file: number, bytes: Buffer): void {
  for (let at = 0; at < bytes.length; ) at += writeSync(file, bytes, at)
}

/** Returns what changes when someone writes to a copy; it does not when it is linked or read. */
export function copyStamp(path: string): string {
  return (entriesAt(path) ?? []).map(stampOf).join('\n')
}

function stampOf({ inside, stats }: Found): string {
  return `${inside} ${stats.isDirectory() ? '' : `${stats.size} ${stats.mtimeMs}`}`
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
