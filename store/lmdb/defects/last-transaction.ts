import { openSync, readSync, statSync, writeSync } from 'node:fs'

/** Where LMDB keeps the number of the last transaction in its lock file, after four bytes of magic and four of format. */
const numberAt = 8

/** By device and inode: the lock files that were written to. */
const descriptors = new Map<string, number>()

/**
 * Writes the number of the last transaction, from which the next one starts, into a lock file that holds an older one.
 * Whoever calls this holds the write lock. Every process that opens an environment writes the number there which it
 * read from the data file a moment before, also when another process committed in that moment (`mdb_env_open2`). What
 * starts from a number that is too low builds on records of the past, and takes pages that are in use.
 */
export function setLastTransaction(lockFile: string, last: number): void {
  const fd = descriptorOf(lockFile)
  // As the machine keeps numbers in memory, because LMDB maps the file.
  const found = new BigUint64Array(1)
  readSync(fd, found, 0, found.byteLength, numberAt)
  const right = BigUint64Array.of(BigInt(last))
  if (found[0] === undefined || found[0] > BigInt(last)) throw new Error(`the layout of ${lockFile} is not known`)
  writeSync(fd, right, 0, right.byteLength, numberAt)
}

/** Stays open: closing any descriptor of a file gives up all locks of the process on it, and LMDB's are on this one. */
function descriptorOf(lockFile: string): number {
  const { dev, ino } = statSync(lockFile, { bigint: true })
  const key = `${dev}:${ino}`
  const fd = descriptors.get(key) ?? openSync(lockFile, 'r+')
  descriptors.set(key, fd)
  return fd
}
