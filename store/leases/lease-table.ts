import { closeSync, constants, openSync, readSync } from 'node:fs'
import { join } from 'node:path'
import type { JsonValue } from '../contract/json.ts'
import { guardedParse, isAmount, isCount, isObject } from '../contract/json-guards.ts'
import { errorCode } from '../disk/io-failure.ts'
import type { Layout } from '../disk/layout.ts'
import { makeDirectory } from '../disk/make-directory.ts'
import type { ProcessIdentity } from '../disk/process-identity.ts'
import { writeAll } from '../disk/whole-transfers.ts'

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
 * The leases of a store, in one file of slots of one size: a file for each lease would have to be made and removed for
 * every step. Only a holder of the index's write lock may write or remove. System errors are thrown.
 */
export interface LeaseTable {
  /** Returns the lease of that name, unless its slot cannot be parsed. */
  read(name: string): LeaseRecord | undefined
  all(): readonly LeaseRecord[]
  /** Writes a lease over the one of its name, or into a free slot; returns that one, where `stays` says that it stays. */
  take(record: LeaseRecord, stays: (found: LeaseRecord) => boolean): LeaseRecord | undefined
  /** Writes a lease over the one of its name, or into a free slot. */
  write(record: LeaseRecord): void
  /** Removes a lease, unless another process has taken over its name. */
  remove(record: LeaseRecord): void
  close(): void
}

/** A slot is a line: a lease as JSON that begins with the name, and spaces; or spaces only, where it is free. */
const slotBytes = 4096
const space = 0x20
const newline = 0x0a
const brace = 0x7b

export function leaseTablePath(layout: Layout): string {
  return join(layout.leases, 'held')
}

export function leaseTableOf(layout: Layout): LeaseTable {
  const path = leaseTablePath(layout)
  let reader: number | undefined
  let writer: number | undefined
  let content = Buffer.allocUnsafeSlow(16 * slotBytes)

  /** Returns the whole file, in memory that the next call overwrites. */
  function load(): Buffer {
    reader ??= openIfThere(path)
    if (reader === undefined) return content.subarray(0, 0)
    for (;;) {
      const length = readSync(reader, content, 0, content.byteLength, 0)
      if (length < content.byteLength) return content.subarray(0, length)
      content = Buffer.allocUnsafeSlow(2 * content.byteLength)
    }
  }

  function writeSlot(at: number, text: string): void {
    const slot = Buffer.alloc(slotBytes, space)
    slot.write(text)
    slot[slotBytes - 1] = newline
    writer ??= openToWrite(path, layout)
    writeAll(writer, slot, at)
  }

  function writeInto(table: Buffer, at: number | undefined, record: LeaseRecord): void {
    writeSlot(at ?? freeSlotIn(table), textOf(record))
  }

  return {
    read(name) {
      const table = load()
      return leaseAt(table, slotOf(table, name))
    },
    all() {
      const table = load()
      return slotsIn(table).flatMap((at) => leaseAt(table, at) ?? [])
    },
    take(record, stays) {
      const table = load()
      const at = slotOf(table, record.name)
      const found = leaseAt(table, at)
      if (found !== undefined && stays(found)) return found
      writeInto(table, at, record)
      return undefined
    },
    write(record) {
      const table = load()
      writeInto(table, slotOf(table, record.name), record)
    },
    remove({ name, token }) {
      const table = load()
      const at = slotOf(table, name)
      if (at !== undefined && leaseAt(table, at)?.token === token) writeSlot(at, '')
    },
    close() {
      for (const descriptor of [reader, writer]) if (descriptor !== undefined) closeSync(descriptor)
      reader = undefined
      writer = undefined
    },
  }
}

function openIfThere(path: string): number | undefined {
  try {
    return openSync(path, 'r')
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return undefined
    throw error
  }
}

function openToWrite(path: string, layout: Layout): number {
  makeDirectory(layout.leases, 0o700)
  return openSync(path, constants.O_RDWR | constants.O_CREAT, 0o600)
}

/** Returns a lease as its slot holds it; a note that has no room is left out, because only people read it. */
function textOf({ name, note, ...rest }: LeaseRecord): string {
  const text = JSON.stringify({ name, note, ...rest })
  if (Buffer.byteLength(text) < slotBytes) return text
  if (note === '') throw new RangeError(`the name of a lease is too long: ${name}`)
  return textOf({ name, note: '', ...rest })
}

function slotOf(table: Buffer, name: string): number | undefined {
  const beginning = Buffer.from(`{"name":${JSON.stringify(name)},`)
  let at = table.indexOf(beginning)
  while (at > 0 && at % slotBytes !== 0) at = table.indexOf(beginning, at + 1)
  return at < 0 ? undefined : at
}

function slotsIn(table: Buffer): readonly number[] {
  return Array.from({ length: Math.ceil(table.byteLength / slotBytes) }, (_, slot) => slot * slotBytes)
}

/** What a crash left of a slot, without its beginning or its end, is free, too. */
function freeSlotIn(table: Buffer): number {
  let at = 0
  while (at < table.byteLength && table[at] === brace && table[at + slotBytes - 1] === newline) at += slotBytes
  return at
}

function leaseAt(table: Buffer, at: number | undefined): LeaseRecord | undefined {
  return at === undefined ? undefined : parseLease(guardedParse(table.toString('utf8', at, at + slotBytes)))
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
