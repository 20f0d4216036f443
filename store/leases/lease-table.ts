import { closeSync, constants, openSync, readSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import type { JsonValue } from '../contract/json.ts'
import { guardedParse, isAmount, isCount, isObject } from '../contract/json-guards.ts'
import { errorCode } from '../disk/io-failure.ts'
import type { Layout } from '../disk/layout.ts'
import { makeDirectory } from '../disk/make-directory.ts'
import type { ProcessIdentity } from '../disk/process-identity.ts'

/** A lease as the table keeps it. */
export interface LeaseRecord extends ProcessIdentity {
  readonly name: string
  readonly note: string
  /** Tells this taking of the lease from every other one. */
  readonly token: string
  /** Wall clock, for people and for the order of runs. */
  readonly acquiredAtMs: number
  /** The store's own clock. */
  readonly acquiredClockMs: number
  /** Monotonic clock. */
  readonly renewedAtMs: number
}

/**
 * The leases of a store, in one file that all its processes write to: a file for each would have to be made and removed
 * for every step. What the system refuses is thrown.
 */
export interface LeaseTable {
  /** Returns the record under that name; one that cannot be understood is none. */
  read(name: string): LeaseRecord | undefined
  all(): readonly LeaseRecord[]
  /**
   * Writes a record into the place of the one with its name, or where there is room; for whoever has the write lock.
   * Returns the one that is there where `isOver` says that it is not, and then writes nothing.
   */
  write(record: LeaseRecord, isOver?: (held: LeaseRecord) => boolean): LeaseRecord | undefined
  /** Removes a record that is there. */
  remove(record: LeaseRecord): void
  close(): void
}

/** A record begins at a multiple of this, and takes as many as it needs: where one is removed, another has room. */
const blockBytes = 512
const space = 0x20
const newline = 0x0a
const brace = 0x7b
const freeBlock = Buffer.from(`${' '.repeat(blockBytes - 1)}\n`)

interface Place {
  readonly at: number
  readonly bytes: number
}

/** Returns the path of the table in the store of that layout. */
export function leaseTablePath(layout: Layout): string {
  return join(layout.leases, 'held')
}

/** Returns the leases of the store of that layout. */
export function leaseTableOf(layout: Layout): LeaseTable {
  const path = leaseTablePath(layout)
  let file: OpenFile | undefined
  let content = Buffer.allocUnsafeSlow(8 * blockBytes)
  /** Where the records are that were written here, by token. */
  const written = new Map<string, Place>()

  /** Returns what the file holds, in memory that the next call overwrites. */
  function load(): Buffer {
    file ??= openToRead(path)
    if (file === undefined) return content.subarray(0, 0)
    for (;;) {
      const length = readSync(file.descriptor, content, 0, content.byteLength, 0)
      if (length < content.byteLength) return content.subarray(0, length)
      content = Buffer.allocUnsafeSlow(2 * content.byteLength)
    }
  }

  function writeAt(at: number, bytes: Uint8Array): void {
    if (file?.isWritable !== true) {
      if (file !== undefined) closeSync(file.descriptor)
      file = { descriptor: openToWrite(path, layout), isWritable: true }
    }
    for (let done = 0; done < bytes.byteLength; ) {
      done += writeSync(file.descriptor, bytes, done, bytes.byteLength - done, at + done)
    }
  }

  /** From the end on: as long as its beginning is there, nobody else takes a block of it that is still to be freed. */
  function free({ at, bytes }: Place): void {
    for (let left = bytes - blockBytes; left >= 0; left -= blockBytes) writeAt(at + left, freeBlock)
  }

  return {
    read(name) {
      const table = load()
      const place = placeOf(table, name)
      return place === undefined ? undefined : recordIn(table, place)
    },
    all() {
      const table = load()
      return recordsIn(table).flatMap((place) => recordIn(table, place) ?? [])
    },
    write(record, isOver = () => true) {
      const table = load()
      const before = placeOf(table, record.name)
      const held = before === undefined ? undefined : recordIn(table, before)
      if (held !== undefined && !isOver(held)) return held
      const bytes = bytesOf(record)
      const isRoomy = before?.bytes === bytes.byteLength
      const at = isRoomy ? before.at : roomIn(table, bytes.byteLength)
      writeAt(at, bytes)
      if (before !== undefined && !isRoomy) free(before)
      written.set(record.token, { at, bytes: bytes.byteLength })
      return undefined
    },
    remove(record) {
      const place = written.get(record.token) ?? placeOf(load(), record.name)
      written.delete(record.token)
      if (place !== undefined) free(place)
    },
    close() {
      if (file !== undefined) closeSync(file.descriptor)
      file = undefined
    },
  }
}

interface OpenFile {
  readonly descriptor: number
  readonly isWritable: boolean
}

function openToRead(path: string): OpenFile | undefined {
  try {
    return { descriptor: openSync(path, 'r'), isWritable: false }
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return undefined
    throw error
  }
}

function openToWrite(path: string, layout: Layout): number {
  const open = () => openSync(path, constants.O_RDWR | constants.O_CREAT, 0o600)
  try {
    return open()
  } catch (error) {
    if (errorCode(error) !== 'ENOENT') throw error
    makeDirectory(layout.leases, 0o700)
    return open()
  }
}

/** Returns a record as the table holds it: a line of JSON that begins with the name, and is filled up with spaces. */
function bytesOf({ name, ...rest }: LeaseRecord): Buffer {
  const text = JSON.stringify({ name, ...rest })
  const textBytes = Buffer.byteLength(text)
  const bytes = Buffer.allocUnsafe(Math.ceil((textBytes + 1) / blockBytes) * blockBytes)
  bytes.write(text)
  bytes.fill(space, textBytes)
  bytes[bytes.byteLength - 1] = newline
  return bytes
}

/** Returns where the record with that name is. Quotes inside of texts are escaped, so nothing else begins like it. */
function placeOf(table: Buffer, name: string): Place | undefined {
  const at = table.indexOf(`{"name":${JSON.stringify(name)},`)
  return at < 0 ? undefined : placeAt(table, at)
}

/** Returns the record that begins at a block. What a crash left of one is none: its line has no end, or a wrong one. */
function placeAt(table: Buffer, at: number): Place | undefined {
  const bytes = table[at] === brace ? table.indexOf(newline, at) + 1 - at : 0
  return bytes > 0 && bytes % blockBytes === 0 ? { at, bytes } : undefined
}

function recordsIn(table: Buffer): readonly Place[] {
  const places: Place[] = []
  for (let at = 0; at < table.byteLength; ) {
    const place = placeAt(table, at)
    if (place !== undefined) places.push(place)
    at += place?.bytes ?? blockBytes
  }
  return places
}

/** Returns where so many bytes have room: between records, or behind the last of them. */
function roomIn(table: Buffer, bytes: number): number {
  let at = 0
  for (const place of recordsIn(table)) {
    if (place.at - at >= bytes) break
    at = place.at + place.bytes
  }
  return at
}

function recordIn(table: Buffer, { at, bytes }: Place): LeaseRecord | undefined {
  return parseLease(guardedParse(table.toString('utf8', at, at + bytes)))
}

function parseLease(value: JsonValue | undefined): LeaseRecord | undefined {
  if (!isObject(value)) return undefined
  const { name, note, token, pid, startedAt, bootId, pidNamespace, acquiredAtMs, renewedAtMs } = value
  const { acquiredClockMs } = value
  if (typeof name !== 'string' || typeof note !== 'string' || typeof token !== 'string') return undefined
  if (typeof startedAt !== 'string' || typeof bootId !== 'string' || typeof pidNamespace !== 'string') return undefined
  if (!isCount(pid) || !isAmount(acquiredAtMs) || !isAmount(renewedAtMs) || !isAmount(acquiredClockMs)) return undefined
  return { name, note, token, pid, startedAt, bootId, pidNamespace, acquiredAtMs, acquiredClockMs, renewedAtMs }
}
