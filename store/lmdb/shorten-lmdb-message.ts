import { closeSync, openSync, readFileSync, readSync, writeSync } from 'node:fs'

/** The format of what lmdb-js 3.5 says of a page that cannot be written, and the end of it that is too much. */
const format = Buffer.from('Attempting to write page at position %u, size %u, blocks %u, buffer sizes %i %i %i\0')
const tooMuch = Buffer.from(', buffer sizes')

let isDone = false

/**
 * Cuts short, in the memory of this process, what lmdb-js 3.5 says of a page that cannot be written (`mdb_page_flush`).
 * It prints up to 126 bytes into a buffer of 100: its last numbers are the sizes of buffers, which may not be there, so
 * that they are whatever lies on the stack. What it overwrites ends the process later. Where the system does not let a
 * program write to its own constants (elsewhere than on Linux, in a sandbox), the message stays as it is.
 */
export function shortenLmdbMessage(): void {
  if (isDone || process.platform !== 'linux') return
  isDone = true
  try {
    shorten()
  } catch {
    // It is no worse than before.
  }
}

function shorten(): void {
  const memory = openSync('/proc/self/mem', 'r+')
  try {
    // What is mapped from the file of lmdb-js to be read alone.
    for (const [, start, end] of readFileSync('/proc/self/maps', 'utf8').matchAll(
      /^([0-9a-f]+)-([0-9a-f]+) r--p .*lmdb.*\.node$/gm,
    )) {
      if (start === undefined || end === undefined) continue
      const address = Number.parseInt(start, 16)
      const constants = Buffer.alloc(Number.parseInt(end, 16) - address)
      readSync(memory, constants, 0, constants.length, address)
      const found = constants.indexOf(format)
      if (found < 0) continue
      writeSync(memory, Buffer.of(0), 0, 1, address + found + format.indexOf(tooMuch))
      return
    }
  } finally {
    closeSync(memory)
  }
}
