const magic = 0xbeefc0de
const dataVersion = 2
const pageHeaderBytes = 24
const metaPages = 2
const metaFlag = 0x08
const flagIntegerKey = 0x08
const noPage = 0xffff_ffff_ffff_ffffn

/** The size of a page of a new file, which has nothing but its meta pages, and that of the map that lmdb-js begins with. */
const newPageBytes = 4096
const newMapBytes = 128 * 1024

/** Returns the file of a database in which there is nothing yet, as LMDB writes it. */
export function emptyLmdbFile(): Uint8Array {
  const bytes = Buffer.alloc(metaPages * newPageBytes)
  for (let number = 0; number < metaPages; number++) {
    const page = bytes.subarray(number * newPageBytes)
    page.writeUInt32LE(number, 0)
    page.writeUInt16LE(metaFlag, 18)
    const meta = page.subarray(pageHeaderBytes)
    meta.writeUInt32LE(magic, 0)
    meta.writeUInt32LE(dataVersion, 4)
    meta.writeUInt32LE(newMapBytes, 16)
    meta.writeUInt32LE(newPageBytes, 24)
    meta.writeUInt16LE(flagIntegerKey, 28)
    for (const tree of [24, 72]) meta.writeBigUInt64LE(noPage, tree + 40)
    meta.writeUInt32LE(metaPages - 1, 120)
  }
  return bytes
}
