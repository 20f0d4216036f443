import { isSystemError } from '../disk/io-failure.ts'
import { writeAll } from '../disk/write-all.ts'
import {
  closeRing,
  hasPartner,
  openRing,
  Partner,
  type PartnerStep,
  pen,
  placesOf,
  roomFor,
  type SharedRing,
  sleepUntil,
  wakeOwner,
  wakePartner,
  word,
  wordOf,
} from './shared-ring.ts'

/**
 * So much is written by one call. The page cache takes pages as large as the call if it can, and finding those is dear
 * where memory is in use: reading, hashing and writing 128 MiB took so many ms of one core's time, the median of 24 on
 * ext4 with Linux 6.18: 72 by 64 KiB, 184 by 128 KiB, as cp does it, 169 by 256 KiB, 224 by 1 MiB.
 */
const writeBytesMax = 64 * 1024

/**
 * Writes a file one block after the other, from its beginning, with a partner's help where one comes.
 *
 * A block that was pushed stays as it is in the ring until it is written, so that what is hashed of it is what reaches
 * the file. The blocks are written in their order, each by whoever gets the pen. Without a partner the writer takes it
 * for each block that is pushed; with one only where the ring is full and nobody writes. What the partner cannot write,
 * or was at when it died, the writer writes again.
 */
export class RingWriter {
  readonly #ring: SharedRing
  readonly #fd: number
  #pushed = 0

  constructor(ring: SharedRing, fd: number) {
    this.#ring = ring
    this.#fd = fd
    openRing(ring, fd)
  }

  /** Returns where to put the bytes of the next block. */
  room(): Uint8Array {
    this.#writeUntilBelow(placesOf(this.#ring))
    return roomFor(this.#ring, this.#pushed)
  }

  /** Has the first `length` bytes of the room written some time; only in the last block they may be fewer than it takes. */
  push(length: number): void {
    const { words } = this.#ring
    words[wordOf(this.#ring, this.#pushed)] = length
    this.#pushed += 1
    Atomics.store(words, word.blocks, this.#pushed)
    if (!hasPartner(this.#ring)) this.#writeUntilBelow(1)
    // One block more or less may be there a moment later, and waking takes as long as writing one.
    else if (this.#waiting() > 1) wakePartner(words)
  }

  /** Returns when all is written. */
  finish(): void {
    this.#writeUntilBelow(1)
  }

  /** Lets the partner go, and returns when it has gone: only then may the file be closed. */
  close(): void {
    closeRing(this.#ring)
  }

  #waiting(): number {
    return this.#pushed - Atomics.load(this.#ring.words, word.written)
  }

  #writeUntilBelow(count: number): void {
    sleepUntil(this.#ring, () => {
      while (this.#waiting() >= count && writesNext(this.#ring, this.#fd, pen.owners));
      return this.#waiting() < count
    })
  }
}

/** Writes behind the owner of a ring. */
export class WritingPartner extends Partner {
  protected help(fd: number): PartnerStep {
    const { words } = this.ring
    try {
      const hasWritten = writesNext(this.ring, fd, pen.partners)
      const waiting = Atomics.load(words, word.blocks) - Atomics.load(words, word.written)
      // A writer that found no room is woken when there is much of it, because waking takes as long as reading a block,
      // and when it may have found the pen taken by one who had nothing to write.
      if (!hasWritten || waiting <= placesOf(this.ring) / 2) wakeOwner(words)
      return hasWritten ? 'helped' : 'waits'
    } catch (error) {
      if (!isSystemError(error)) throw error
      // The writer will meet it, too.
      return 'over'
    }
  }
}

/** Writes the next block, unless there is none or the other thread has the pen. */
function writesNext(ring: SharedRing, fd: number, as: typeof pen.owners | typeof pen.partners): boolean {
  const { words, blockBytes } = ring
  if (Atomics.compareExchange(words, word.pen, pen.nobodys, as) !== pen.nobodys) return false
  try {
    const number = Atomics.load(words, word.written)
    if (number === Atomics.load(words, word.blocks)) return false
    const length = Atomics.load(words, wordOf(ring, number))
    writeAll(fd, roomFor(ring, number).subarray(0, length), number * blockBytes, writeBytesMax)
    Atomics.store(words, word.written, number + 1)
    return true
  } finally {
    Atomics.store(words, word.pen, pen.nobodys)
  }
}
