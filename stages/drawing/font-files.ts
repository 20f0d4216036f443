import { readFileSync } from 'node:fs'
import { inflateSync } from 'node:zlib'
import { bundledFontPaths } from './fonts.ts'

const headerBytes = 44
const entryBytes = 20
const sfntHeaderBytes = 12
const sfntEntryBytes = 16

/** Returns the bundled fonts as files that programs which know no web fonts can read. */
export function fontFiles(): readonly Buffer[] {
  return bundledFontPaths().map((path) => unpackedWoff(readFileSync(path)))
}

/** Source: W3C WOFF File Format 1.0: a header, a directory of tables, and the tables, most of them deflated. */
export function unpackedWoff(woff: Buffer): Buffer {
  const count = woff.readUInt16BE(12)
  const head = Buffer.alloc(sfntHeaderBytes + sfntEntryBytes * count)
  woff.copy(head, 0, 4, 8)
  const log2 = Math.floor(Math.log2(count))
  const fields = [count, 16 * 2 ** log2, log2, 16 * (count - 2 ** log2)]
  for (const [index, field] of fields.entries()) head.writeUInt16BE(field, 4 + 2 * index)
  const tables: Buffer[] = []
  let at = head.length
  for (let index = 0; index < count; index += 1) {
    const entry = headerBytes + entryBytes * index
    const [offset = 0, packedBytes = 0, bytes = 0] = [4, 8, 12].map((field) => woff.readUInt32BE(entry + field))
    const packed = woff.subarray(offset, offset + packedBytes)
    const table = packedBytes < bytes ? inflateSync(packed) : packed
    const place = sfntHeaderBytes + sfntEntryBytes * index
    woff.copy(head, place, entry, entry + 4)
    woff.copy(head, place + 4, entry + 16, entry + 20)
    head.writeUInt32BE(at, place + 8)
    head.writeUInt32BE(bytes, place + 12)
    const padded = Buffer.alloc(Math.ceil(bytes / 4) * 4)
    table.copy(padded)
    tables.push(padded)
    at += padded.length
  }
  return Buffer.concat([head, ...tables])
}
