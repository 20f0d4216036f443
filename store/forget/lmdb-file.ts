import { fstatSync, readSync } from 'node:fs'

/**
 * LMDB's file, read without LMDB. LMDB has no checksums, follows whatever page numbers it finds, and maps the file
 * into memory, so that a damaged one can end the process; here everything is checked before it is used.
 * Source: liblmdb/mdb.c of lmdb-js 3.5, data version 2, on a little-endian machine with 64 bits.
 */

const magic = 0xbeefc0de
const dataVersion = 2

/** A page begins with its number, the transaction that wrote it, padding, flags, and the bounds of its free space. */
export const pageHeaderBytes = 24
/** LMDB alternates between two meta pages, and they belong to no tree. */
export const metaPages = 2
/** What describes a tree: its root is the last of its fields. */
export const treeBytes = 48

export const pageFlags = { branch: 0x01, leaf: 0x02, overflow: 0x04, meta: 0x08 } as const

/** What describes a tree: besides its root, how many pages and records it has. */
export interface Tree {
  readonly depth: number
  readonly branches: number
  readonly leaves: number
  readonly overflows: number
  readonly records: number
  /** Undefined for an empty tree. */
  readonly root: number | undefined
}

/** A snapshot of the database: what one meta page describes. Page numbers are exact up to 2 ** 53. */
export interface Snapshot {
  readonly pageBytes: number
  readonly fileBytes: number
  readonly lastPage: number
  readonly transaction: number
  /** The list of free pages. */
  readonly free: Tree
  /** The list of tables. */
  readonly main: Tree
}

/** What is wrong with a file. */
export class LmdbDamage extends Error {}

/** Returns the latest snapshot of an LMDB file; throws LmdbDamage when it has none that can be trusted. */
export function readSnapshot(fd: number): Snapshot {
  const fileBytes = fstatSync(fd).size
  const first = readMeta(fd, 0, fileBytes)
  const second = readMeta(fd, first.pageBytes, fileBytes)
  // LMDB reads both, so either could lead it astray. Transaction n writes meta page n % 2.
  const transactions = [first.transaction, second.transaction] as const
  const isPair = Math.abs(transactions[0] - transactions[1]) <= 1
  const isOrdered = transactions[0] % 2 === 0 && (transactions[1] % 2 === 1 || transactions[1] === 0)
  if (!isPair || !isOrdered) throw new LmdbDamage('the meta pages do not belong together')
  // Of two that are equal, as in a new file, LMDB takes the first.
  return first.transaction < second.transaction ? second : first
}

/** LMDB keeps its map as large as the file and some more; lmdb-js doubles it. */
const mapBytesLeast = 1 << 30
const mapFactor = 16

function readMeta(fd: number, position: number, fileBytes: number): Snapshot {
  const page = Buffer.alloc(pageHeaderBytes + 136)
  if (readSync(fd, page, 0, page.length, position) !== page.length) throw new LmdbDamage('a meta page is cut short')
  const meta = page.subarray(pageHeaderBytes)
  const pageBytes = meta.readUInt32LE(24)
  const mapBytes = readNumber(meta, 16)
  const lastPage = readNumber(meta, 120)
  const isSound =
    page.readUInt16LE(18) === pageFlags.meta &&
    meta.readUInt32LE(0) === magic &&
    meta.readUInt32LE(4) === dataVersion &&
    readNumber(meta, 8) === 0 &&
    pageBytes >= 512 &&
    pageBytes <= 65_536 &&
    (pageBytes & (pageBytes - 1)) === 0 &&
    lastPage * pageBytes < mapBytes &&
    mapBytes <= Math.max(mapBytesLeast, fileBytes * mapFactor) &&
    meta.readUInt16LE(28) === flagIntegerKey
  if (!isSound) throw new LmdbDamage('a meta page is damaged')
  return {
    pageBytes,
    fileBytes,
    lastPage,
    transaction: readNumber(meta, 128),
    // The page size is kept where other trees have nothing.
    free: readTree(meta.subarray(24), pageBytes, flagIntegerKey),
    main: readTree(meta.subarray(72), 0, 0),
  }
}

/** LMDB's list of free pages has numbers for keys. */
const flagIntegerKey = 0x08
const noPage = 0xffff_ffff_ffff_ffffn

/** Returns what describes a tree; throws LmdbDamage when it has flags that no tree of a store has. */
export function readTree(bytes: Buffer, padding = 0, flags = 0): Tree {
  if (bytes.readUInt32LE(0) !== padding || bytes.readUInt16LE(4) !== flags) throw new LmdbDamage('a tree is damaged')
  const root = bytes.readBigUInt64LE(40)
  return {
    depth: bytes.readUInt16LE(6),
    branches: readNumber(bytes, 8),
    leaves: readNumber(bytes, 16),
    overflows: readNumber(bytes, 24),
    records: readNumber(bytes, 32),
    root: root === noPage ? undefined : Number(root),
  }
}

/** Returns a 64-bit number; one that is not exact is far out of any range that is checked. */
export function readNumber(bytes: Buffer, offset: number): number {
  return bytes.readUInt32LE(offset) + bytes.readUInt32LE(offset + 4) * 0x1_0000_0000
}

/** Reads the pages of a snapshot, each at most once, and checks that each can be what it is used as. */
export class PageReader {
  readonly #fd: number
  readonly #snapshot: Snapshot
  readonly #used: Uint8Array

  constructor(fd: number, snapshot: Snapshot) {
    this.#fd = fd
    this.#snapshot = snapshot
    // A last page that is out of all proportion is met as a page behind the end of the file.
    this.#used = new Uint8Array(Math.ceil(snapshot.fileBytes / snapshot.pageBytes))
  }

  get pageBytes(): number {
    return this.#snapshot.pageBytes
  }

  get lastPage(): number {
    return this.#snapshot.lastPage
  }

  isUsed(page: number): boolean {
    return this.#used[page] === 1
  }

  /** Returns a page of a tree. */
  node(page: number): Buffer {
    this.#use(page, 1)
    return this.#read(page, this.#snapshot.pageBytes, [pageFlags.branch, pageFlags.leaf])
  }

  /** Returns the first `sizeBytes` of a large value that occupies `count` pages, or only checks that it is there. */
  large(page: number, count: number, sizeBytes: number, read: boolean): Buffer {
    const { pageBytes } = this.#snapshot
    if (pageHeaderBytes + sizeBytes > count * pageBytes) throw new LmdbDamage('a large value is too large')
    this.#use(page, count)
    const bytes = this.#read(page, read ? pageHeaderBytes + sizeBytes : pageHeaderBytes, [pageFlags.overflow])
    if (bytes.readUInt32LE(20) !== count) throw new LmdbDamage('a large value has another size')
    return bytes.subarray(pageHeaderBytes)
  }

  #use(page: number, count: number): void {
    const { pageBytes, fileBytes, lastPage } = this.#snapshot
    if (!(page >= metaPages && count >= 1 && page + count - 1 <= lastPage)) throw new LmdbDamage('it is out of range')
    if ((page + count) * pageBytes > fileBytes) throw new LmdbDamage('it lies behind the end of the file')
    for (let index = page; index < page + count; index++) {
      if (this.#used[index] === 1) throw new LmdbDamage('it is used twice')
      this.#used[index] = 1
    }
  }

  #read(page: number, sizeBytes: number, kinds: readonly number[]): Buffer {
    const bytes = Buffer.allocUnsafe(sizeBytes)
    const length = readSync(this.#fd, bytes, 0, sizeBytes, page * this.#snapshot.pageBytes)
    if (length !== sizeBytes) throw new LmdbDamage('it cannot be read')
    // Padding and flags together: other flags are for pages in memory and never written.
    const found = bytes.readUInt32LE(16) / 0x1_0000
    if (readNumber(bytes, 0) !== page || !kinds.includes(found)) throw new LmdbDamage('it is another page')
    if (readNumber(bytes, 8) > this.#snapshot.transaction) throw new LmdbDamage('it is newer than the snapshot')
    return bytes
  }
}
