import { closeSync, fstatSync, ftruncateSync, openSync, writevSync } from 'node:fs'

/**
 * Room for pages at the end of the index's file: zeros that are written before LMDB writes there, so that a full disk, a
 * quota or a limit of the size of files is met by us, as an error like any other. All of it is for whoever has the write
 * lock.
 */
export interface PageRoom {
  /** Begins a transaction after one that left the file with so many pages, of which `treePages` tells how many are in trees. */
  begin(pages: number, pageBytes: number, treePages: () => number): void
  /** Counts a record that is about to be written or removed, with the bytes of its value. */
  add(valueBytes: number): void
  close(): void
}

/** For the list of tables, that of free pages, and what the first records of a table need. */
const pagesOfTransaction = 64
/** A record changes one leaf, which may become two, and a branch; not more than every page of a tree, though. */
const pagesOfRecord = 3
/** A record's key, and what LMDB notes of it. */
const keyBytes = 128
/** So much more is written at once where there is room, so that most transactions find enough. */
const chunkBytes = 512 * 1024
const zeros = Buffer.alloc(64 * 1024)

/** Returns the room at the end of the file at `path`. */
export function pageRoomOf(path: string): PageRoom {
  let file: number | undefined
  /** The file has at least so many bytes, as this process saw it. */
  let knownBytes = 0
  let pageBytes = 4096
  let pagesBefore = 0
  let treePages = () => 0
  let treePagesBefore: number | undefined
  let records = 0
  let largePages = 0
  let smallBytes = 0

  /** Half-full pages at worst, where a tree grows. */
  function neededBytes(changedPages: number): number {
    const grownPages = largePages + 2 * Math.ceil(smallBytes / pageBytes)
    return (pagesBefore + pagesOfTransaction + grownPages + changedPages) * pageBytes
  }

  function demand(): void {
    if (neededBytes(pagesOfRecord * records) <= knownBytes) return
    treePagesBefore ??= treePages()
    const needed = neededBytes(pagesOfRecord * Math.min(records, treePagesBefore))
    if (needed <= knownBytes) return
    file ??= openSync(path, 'r+')
    knownBytes = fstatSync(file).size
    if (needed <= knownBytes) return
    try {
      knownBytes = extend(file, knownBytes, needed + chunkBytes)
    } catch {
      knownBytes = extend(file, knownBytes, needed)
    }
  }

  return {
    begin(pages, bytes, treePagesNow) {
      pageBytes = bytes
      pagesBefore = pages
      treePages = treePagesNow
      treePagesBefore = undefined
      records = largePages = smallBytes = 0
      demand()
    },
    add(valueBytes) {
      records += 1
      // LMDB puts a value that is larger than about half a page into pages of its own, and its key among the small ones.
      const isLarge = valueBytes > pageBytes / 4
      if (isLarge) largePages += Math.ceil((valueBytes + keyBytes) / pageBytes)
      smallBytes += keyBytes + (isLarge ? 0 : valueBytes)
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
    for (let at = fromBytes; at < toBytes; ) at += writevSync(file, zerosOf(toBytes - at), at)
    return toBytes
  } catch (error) {
    ftruncateSync(file, fromBytes)
    throw error
  }
}

/** Returns so many zeros for one call, or as many as one call writes: each call costs as much as 16 KiB. */
function zerosOf(bytes: number): Uint8Array[] {
  const pieces = Array.from({ length: Math.min(1024, Math.floor(bytes / zeros.length)) }, () => zeros)
  return pieces.length > 0 ? pieces : [zeros.subarray(0, bytes)]
}
