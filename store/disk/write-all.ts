import { writeSync } from 'node:fs'

/** Writes all bytes at a position of an open file, at most `chunkBytes` by one call. */
export function writeAll(fd: number, bytes: Uint8Array, position: number, chunkBytes = bytes.byteLength): void {
  for (let done = 0; done < bytes.byteLength; ) {
    done += writeSync(fd, bytes, done, Math.min(chunkBytes, bytes.byteLength - done), position + done)
  }
}
