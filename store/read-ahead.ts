import { readSync } from 'node:fs'
import { isSystemError } from './io-failure.ts'

/**
 * One thread, the partner, reads a file ahead of another, the reader, which does everything else. They share a ring of
 * blocks: block N of the file is read into place N modulo their count.
 *
 * The reader never waits for the partner's next block: one that is not there yet it reads by itself, and the partner
 * goes on behind that one. So a partner that comes late, is short of a core, fails, or dies costs nothing, and what is
 * read is right whether there is one or not. The partner only reads, from the reader's open file and by position.
 * Only at the end the reader waits until the partner has let go of the file and of the blocks; for one that died, the
 * main thread says so.
 */
export interface ReadAheadRing {
  /** What the threads tell each other; see `word`. */
  readonly words: Int32Array
  readonly blocks: Uint8Array
  readonly blockBytes: number
}

/** Where in `words` is what. All is zero in a new ring. */
const word = {
  /** The reader's: the number of its open file and 1, or `notYet`, or `closed`. */
  file: 0,
  /** The reader's: how many blocks it has asked for. It is through with all but the last of them. */
  asked: 1,
  /** The partner's: 1 while it may touch the file and the blocks. Set to 0 for it when it died. */
  present: 2,
  /** The main thread's: 1 while the partner may stay. */
  lent: 3,
  /** Counts what the partner must hear of; it sleeps on this. */
  bell: 4,
  /** The partner's, from here on for each place: the number of the block that is there and 1. */
  held: 5,
} as const

const notYet = 0
const closed = -1

/** Returns a new ring. */
export function createRing(blockBytes: number, blocks: number): ReadAheadRing {
  return {
    words: new Int32Array(new SharedArrayBuffer((word.held + blocks) * Int32Array.BYTES_PER_ELEMENT)),
    blocks: new Uint8Array(new SharedArrayBuffer(blocks * blockBytes)),
    blockBytes,
  }
}

/** Says, before the reader hears of it, that it is to read a file: a partner that comes first waits until it is open. */
export function announce({ words }: ReadAheadRing): void {
  Atomics.store(words, word.file, notYet)
}

/** Lets a partner come, before that hears of it. There may be one at a time. */
export function lend({ words }: ReadAheadRing): void {
  Atomics.store(words, word.lent, 1)
}

/** Has the partner leave, soon and in any case: also one that waits for a file which the reader has not opened. */
export function callBack({ words }: ReadAheadRing): void {
  Atomics.store(words, word.lent, 0)
  ringBell(words)
}

/** Says that the partner's thread has ended. */
export function notePartnerGone({ words }: ReadAheadRing): void {
  leave(words)
}

/** Says that the reader's thread has ended. */
export function noteReaderGone({ words }: ReadAheadRing): void {
  Atomics.store(words, word.file, closed)
  ringBell(words)
}

function ringBell(words: Int32Array): void {
  Atomics.add(words, word.bell, 1)
  Atomics.notify(words, word.bell)
}

function leave(words: Int32Array): void {
  Atomics.store(words, word.present, 0)
  Atomics.notify(words, word.present)
}

/** Returns whether a partner may touch the file and the blocks. */
export function hasPartner({ words }: ReadAheadRing): boolean {
  return Atomics.load(words, word.present) === 1
}

function placesOf({ words }: ReadAheadRing): number {
  return words.length - word.held
}

/** Where a ring has room for a block. */
function roomFor(ring: ReadAheadRing, number: number): Uint8Array {
  const start = (number % placesOf(ring)) * ring.blockBytes
  return ring.blocks.subarray(start, start + ring.blockBytes)
}

/** Returns whether the partner has read a block that the reader has not asked for yet, or is at. */
export function isHeld(ring: ReadAheadRing, number: number): boolean {
  return Atomics.load(ring.words, word.held + (number % placesOf(ring))) === number + 1
}

function hold(ring: ReadAheadRing, number: number): void {
  Atomics.store(ring.words, word.held + (number % placesOf(ring)), number + 1)
}

/** Gives the bytes of a file one block after the other, from its beginning, with a partner's help where one comes. */
export class RingReader {
  readonly #ring: ReadAheadRing
  readonly #fd: number
  /** For what the reader reads by itself; as large as a block. */
  readonly #own: Uint8Array
  readonly #wakeEvery: number
  #asked = 0
  #position = 0
  #isClosed = false

  constructor(ring: ReadAheadRing, fd: number, own: Uint8Array) {
    if (own.byteLength !== ring.blockBytes) throw new RangeError('a block of the reader must be one of the ring')
    const { words } = ring
    this.#ring = ring
    this.#fd = fd
    this.#own = own
    this.#wakeEvery = Math.max(1, Math.floor(placesOf(ring) / 2))
    words.fill(0, word.held)
    Atomics.store(words, word.asked, 0)
    Atomics.store(words, word.file, fd + 1)
    ringBell(words)
  }

  /** Returns the next bytes, which are there until it is called again; none at the end. */
  next(): Uint8Array {
    return this.#isClosed ? this.#readAlone() : (this.#fromPartner() ?? this.#readAlone())
  }

  #fromPartner(): Uint8Array | undefined {
    const { words, blockBytes } = this.#ring
    const number = this.#asked
    this.#asked += 1
    Atomics.store(words, word.asked, this.#asked)
    // A partner that found no free place is woken when many are free, because waking takes as long as reading a block.
    if (number % this.#wakeEvery === 0) ringBell(words)
    if (!isHeld(this.#ring, number)) return undefined
    this.#position += blockBytes
    return roomFor(this.#ring, number)
  }

  #readAlone(): Uint8Array {
    const length = readSync(this.#fd, this.#own, 0, this.#own.byteLength, this.#position)
    this.#position += length
    // This is the end, or where the end was a moment ago: the partner's blocks do not begin where this one ended.
    if (length < this.#own.byteLength) this.close()
    return this.#own.subarray(0, length)
  }

  /** Lets the partner go, and returns when it has gone: only then may the file be closed. */
  close(): void {
    if (this.#isClosed) return
    this.#isClosed = true
    const { words } = this.#ring
    Atomics.store(words, word.file, closed)
    ringBell(words)
    while (hasPartner(this.#ring)) Atomics.wait(words, word.present, 1)
  }
}

/** What the partner did: it read a block, has to wait for the reader, or is to leave. */
export type PartnerStep = 'read' | 'waits' | 'over'

/** The other side of a ring. */
export class Partner {
  readonly #ring: ReadAheadRing
  #next = 0
  #read = 0

  /** Arrives: from now on the reader waits for this one to leave before it closes the file. */
  constructor(ring: ReadAheadRing) {
    this.#ring = ring
    // Before anything is looked at, so that a reader which closes meanwhile sees it, or is seen to have closed.
    Atomics.store(ring.words, word.present, 1)
  }

  /** How many blocks it has read. */
  get read(): number {
    return this.#read
  }

  /** Reads the next block if it can be. */
  step(): PartnerStep {
    const { words, blockBytes } = this.#ring
    const file = Atomics.load(words, word.file)
    if (file === closed || Atomics.load(words, word.lent) === 0) return 'over'
    if (file === notYet) return 'waits'
    const asked = Atomics.load(words, word.asked)
    this.#next = Math.max(this.#next, asked)
    // The reader may still be at the last block that it asked for.
    if (this.#next - asked >= placesOf(this.#ring) - 1) return 'waits'
    // One that an earlier partner has read may be in use the next moment.
    if (!isHeld(this.#ring, this.#next)) {
      if (!readsWhole(file - 1, roomFor(this.#ring, this.#next), this.#next * blockBytes)) return 'over'
      hold(this.#ring, this.#next)
      this.#read += 1
    }
    this.#next += 1
    return 'read'
  }

  /** Leaves; it touches nothing of the reader's afterwards. */
  leave(): void {
    leave(this.#ring.words)
  }
}

/** The end of the file, and what goes wrong, are left to the reader to meet. */
function readsWhole(fd: number, block: Uint8Array, position: number): boolean {
  try {
    return readSync(fd, block, 0, block.byteLength, position) === block.byteLength
  } catch (error) {
    if (!isSystemError(error)) throw error
    return false
  }
}

/** Reads ahead for the reader of a ring until there is nothing more to do; returns how many blocks it has read. */
export function readAhead(ring: ReadAheadRing): number {
  const partner = new Partner(ring)
  try {
    for (;;) {
      const heard = Atomics.load(ring.words, word.bell)
      const did = partner.step()
      if (did === 'over') return partner.read
      if (did === 'waits') Atomics.wait(ring.words, word.bell, heard)
    }
  } finally {
    partner.leave()
  }
}
