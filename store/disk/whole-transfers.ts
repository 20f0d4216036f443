import { readSync, writeSync } from 'node:fs'

/** Writes all bytes at a position of an open file, at most `chunkBytes` by one call. */
export function writeAll(fd: number, bytes: Uint8Array, position: number, chunkBytes = bytes.byteLength): void {
  for (let done = 0; done < bytes.byteLength; ) {
    done += writeSync(fd, bytes, done, Math.min(chunkBytes, bytes.byteLength - done), position + done)
  }
}

/** Fills a buffer from an open file, and returns with how many bytes; fewer than it holds only at the file's end. */
export function readFull(fd: number, bytes: Uint8Array): number {
  let length = 0
  while (length < bytes.byteLength) {
    const read = readSync(fd, bytes, length, bytes.byteLength - length, null)
    if (read === 0) break
    length += read
  }
  return length
}
