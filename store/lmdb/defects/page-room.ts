import { closeSync, fstatSync, ftruncateSync, openSync, writeSync } from 'node:fs'

/**
 * Room for pages at the end of the index's file: zeros that are written before LMDB writes there, so that a full disk, a
 * quota or a limit of the size of files is met by us, as an error like any other. All of it is for whoever has the write
 * lock.
 */
export interface PageRoom {
  /** Begins a transaction after one that left the file with so many pages. */
  begin(pages: number, pageBytes: number): void
  /** Counts a record that is about to be written or removed, with the bytes of its value. */
  add(valueBytes: number): void
  close(): void
}

/** For the branches of all tables, the list of tables and that of free pages. */
const pagesOfTransaction = 64
/** A record changes one leaf, which may become two, and as much above it in a small table. */
const pagesOfRecord = 3
/** So much more is written at once where there is room, so that most transactions find enough. */
const chunkBytes = 512 * 1024
const zeros = Buffer.alloc(64 * 1024)

/** Returns the room at the end of the file at `path`. */
export function pageRoomOf(path: string): PageRoom {
  let file: number | undefined
  /** The file has at least so many bytes, as this process saw it. */
  let knownBytes = 0
  let neededBytes = 0
  let pageBytes = 4096

  function demand(): void {
    if (neededBytes <= knownBytes) return
    file ??= openSync(path, 'r+')
    knownBytes = fstatSync(file).size
    if (neededBytes <= knownBytes) return
    try {
      knownBytes = extend(file, knownBytes, neededBytes + chunkBytes)
    } catch {
      knownBytes = extend(file, knownBytes, neededBytes)
    }
  }

  return {
    begin(pages, bytes) {
      pageBytes = bytes
      neededBytes = (pages + pagesOfTransaction) * pageBytes
      demand()
    },
    add(valueBytes) {
      neededBytes += (pagesOfRecord + Math.ceil(valueBytes / pageBytes)) * pageBytes
      demand()
    },
    close() {
      if (file !== undefined) closeSync(file)
      file = undefined
    },
  }
}

/** Fills a file with zeros up to a size; where that cannot be, it is as before, and what the system says is thrown. */
function extend(file: number, fromBytes: number, toBytes: number): number {
  try {
    for (let at = fromBytes; at < toBytes; ) at += writeSync(file, zeros, 0, Math.min(zeros.length, toBytes - at), at)
    return toBytes
  } catch (error) {
    ftruncateSync(file, fromBytes)
    throw error
  }
}
