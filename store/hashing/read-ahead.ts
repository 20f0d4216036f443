import { readSync } from 'node:fs'
import { isSystemError } from '../disk/io-failure.ts'
import {
  closeRing,
  openRing,
  Partner,
  type PartnerStep,
  placesOf,
  roomFor,
  type SharedRing,
  wakePartner,
  word,
  wordOf,
} from './shared-ring.ts'

/**
 * Reads a file block by block, with the help of a partner if one comes. The partner reads from the reader's open file,
 * by position. The reader never waits for it: it reads a block that is not there yet itself, and the partner continues
 * behind that block.
 */
export class RingReader {
  readonly #ring: SharedRing
  readonly #fd: number
  readonly #own: Uint8Array
  readonly #wakeEvery: number
  #asked = 0
  #position = 0
  #isClosed = false

  constructor(ring: SharedRing, fd: number, own: Uint8Array) {
    if (own.byteLength !== ring.blockBytes) throw new RangeError('a block of the reader must be one of the ring')
    this.#ring = ring
    this.#fd = fd
    this.#own = own
    this.#wakeEvery = Math.max(1, Math.floor(placesOf(ring) / 2))
    openRing(ring, fd)
  }

  /** Returns the next bytes, in memory that the next call overwrites; none at the end. */
  next(): Uint8Array {
    return this.#isClosed ? this.#readAlone() : (this.#fromPartner() ?? this.#readAlone())
  }

  #fromPartner(): Uint8Array | undefined {
    const { words, blockBytes } = this.#ring
    const number = this.#asked
    this.#asked += 1
    Atomics.store(words, word.blocks, this.#asked)
    // Not for each free place, because waking takes as long as reading a block.
    if (number % this.#wakeEvery === 0) wakePartner(words)
    if (!isHeld(this.#ring, number)) return undefined
    this.#position += blockBytes
    return roomFor(this.#ring, number)
  }

  #readAlone(): Uint8Array {
    const length = readSync(this.#fd, this.#own, 0, this.#own.byteLength, this.#position)
    this.#position += length
    // The end of the file: the partner's blocks would not begin where this one ended.
    if (length < this.#own.byteLength) this.close()
    return this.#own.subarray(0, length)
  }

  /** Waits until the partner has left: only then may the file be closed. */
  close(): void {
    if (this.#isClosed) return
    this.#isClosed = true
    closeRing(this.#ring)
  }
}

/** Returns whether the ring holds a block that the partner has read. */
export function isHeld(ring: SharedRing, number: number): boolean {
  return Atomics.load(ring.words, wordOf(ring, number)) === number + 1
}

export class ReadingPartner extends Partner {
  #next = 0

  protected help(fd: number): PartnerStep {
    const { words, blockBytes } = this.ring
    const asked = Atomics.load(words, word.blocks)
    this.#next = Math.max(this.#next, asked)
    // Blocks of an earlier partner may still be used.
    while (isHeld(this.ring, this.#next)) this.#next += 1
    // The reader may still use the last block that it asked for.
    if (this.#next - asked >= placesOf(this.ring) - 1) return 'waits'
    if (!readsWhole(fd, roomFor(this.ring, this.#next), this.#next * blockBytes)) return 'over'
    Atomics.store(words, wordOf(this.ring, this.#next), this.#next + 1)
    this.#next += 1
    return 'helped'
  }
}

/** The reader meets the end of the file and errors itself. */
function readsWhole(fd: number, block: Uint8Array, position: number): boolean {
  try {
    return readSync(fd, block, 0, block.byteLength, position) === block.byteLength
  } catch (error) {
    if (!isSystemError(error)) throw error
    return false
  }
}
