import { closeSync, type Dirent, openSync, readdirSync, readSync, statSync } from 'node:fs'
import { join, relative } from 'node:path'

const blockBytes = 4 * 1024 * 1024

/** How many files a directory holds, at any depth, and how many bytes are in them. A directory that is not there is empty. */
export interface Usage {
  readonly files: number
  readonly bytes: number
}

/** Returns how many files and bytes are below `dir`. */
export function usageOf(dir: string): Usage {
  const paths = filesBelow(dir)
  return { files: paths.length, bytes: paths.reduce((sum, path) => sum + statSync(join(dir, path)).size, 0) }
}

/** Throws unless `found` is a file or a directory with the same files and bytes as `expected`. */
export function requireSame(expected: string, found: string): void {
  if (!statSync(expected).isDirectory()) {
    requireSameFile(expected, found)
    return
  }
  const [names, foundNames] = [filesBelow(expected), filesBelow(found)]
  if (names.length !== foundNames.length || names.some((name, index) => name !== foundNames[index]))
    throw new Error(`${found} has ${foundNames.length} files, and not the ${names.length} of ${expected}`)
  for (const name of names) requireSameFile(join(expected, name), join(found, name))
}

/** Returns the paths of all files below `dir`, relative to it and sorted. */
function filesBelow(dir: string): string[] {
  let entries: Dirent[]
  try {
    entries = readdirSync(dir, { recursive: true, withFileTypes: true })
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return []
    throw error
  }
  return entries
    .filter((entry) => !entry.isDirectory())
    .map((entry) => relative(dir, join(entry.parentPath, entry.name)))
    .sort()
}

function requireSameFile(expected: string, found: string): void {
  const fds = [openSync(expected, 'r')]
  try {
    fds.push(openSync(found, 'r'))
    const blocks = fds.map(() => Buffer.allocUnsafe(blockBytes))
    for (;;) {
      const [a, b] = fds.map((fd, index) => readBlock(fd, blocks[index]))
      if (a === undefined || b === undefined || !a.equals(b)) throw new Error(`${found} differs from ${expected}`)
      if (a.length < blockBytes) return
    }
  } finally {
    for (const fd of fds) closeSync(fd)
  }
}

/** Fills a block from a file, as far as it goes. */
function readBlock(fd: number, block: Buffer | undefined): Buffer {
  if (block === undefined) throw new TypeError('there is no block to read into')
  let length = 0
  while (length < block.length) {
    const count = readSync(fd, block, length, block.length - length, null)
    if (count === 0) break
    length += count
  }
  return block.subarray(0, length)
}
