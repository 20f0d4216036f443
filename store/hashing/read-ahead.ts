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
 * Gives the bytes of a file one block after the other, from its beginning, with a partner's help where one comes.
 *
 * The reader never waits for the partner's next block: one that is not there yet it reads by itself, and the partner
 * goes on behind that one. The partner reads from the reader's open file, by position.
 */
export class RingReader {
  readonly #ring: SharedRing
  readonly #fd: number
  /** For what the reader reads by itself; as large as a block. */
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

  /** Returns the next bytes, which are there until it is called again; none at the end. */
  next(): Uint8Array {
    return this.#isClosed ? this.#readAlone() : (this.#fromPartner() ?? this.#readAlone())
  }

  #fromPartner(): Uint8Array | undefined {
    const { words, blockBytes } = this.#ring
    const number = this.#asked
    this.#asked += 1
    Atomics.store(words, word.blocks, this.#asked)
    // A partner that found no free place is woken when many are free, because waking takes as long as reading a block.
    if (number % this.#wakeEvery === 0) wakePartner(words)
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
    closeRing(this.#ring)
  }
}

/** Returns whether the partner has read a block that the reader has not asked for yet, or is at. */
export function isHeld(ring: SharedRing, number: number): boolean {
  return Atomics.load(ring.words, wordOf(ring, number)) === number + 1
}

/** Reads ahead of the owner of a ring. */
export class ReadingPartner extends Partner {
  #next = 0

  protected help(fd: number): PartnerStep {
    const { words, blockBytes } = this.ring
    const asked = Atomics.load(words, word.blocks)
    this.#next = Math.max(this.#next, asked)
    // What an earlier partner has read may be in use the next moment.
    while (isHeld(this.ring, this.#next)) this.#next += 1
    // The reader may still be at the last block that it asked for.
    if (this.#next - asked >= placesOf(this.ring) - 1) return 'waits'
    if (!readsWhole(fd, roomFor(this.ring, this.#next), this.#next * blockBytes)) return 'over'
    Atomics.store(words, wordOf(this.ring, this.#next), this.#next + 1)
    this.#next += 1
    return 'helped'
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
