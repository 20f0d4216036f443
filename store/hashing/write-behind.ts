import { isSystemError } from '../disk/io-failure.ts'
import { writeAll } from '../disk/whole-transfers.ts'
import {
  closeRing,
  hasPartner,
  openRing,
  Partner,
  type PartnerStep,
  placesOf,
  roomFor,
  type SharedRing,
  sleepUntil,
  wakeOwner,
  wakePartner,
  word,
  wordOf,
  writeLock,
} from './shared-ring.ts'

/**
 * Bytes by one call. The page cache allocates pages as large as the call, which is slow where memory is in use: copying
 * 128 MiB took 72 ms of CPU by 64 KiB, 184 by 128 KiB (as cp does), 169 by 256 KiB and 224 by 1 MiB (ext4, Linux 6.18).
 */
const writeBytesMax = 64 * 1024

/**
 * Writes a file block by block, with the help of a partner if one comes.
 *
 * A pushed block does not change until it is written, so that the hashed bytes are those in the file. The blocks are
 * written in their order, each by the thread that takes the write lock: without a partner by the writer at each push,
 * with one by the writer only where the ring is full. A block at which the partner failed or died is written again by
 * the writer.
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

  room(): Uint8Array {
    this.#writeUntilBelow(placesOf(this.#ring))
    return roomFor(this.#ring, this.#pushed)
  }

  /** Queues the first `length` bytes of the room for writing; only the last block may be shorter than the room. */
  push(length: number): void {
    const { words } = this.#ring
    words[wordOf(this.#ring, this.#pushed)] = length
    this.#pushed += 1
    Atomics.store(words, word.blocks, this.#pushed)
    if (!hasPartner(this.#ring)) this.#writeUntilBelow(1)
    // Not for a single block, because waking takes as long as writing one.
    else if (this.#waiting() > 1) wakePartner(words)
  }

  finish(): void {
    this.#writeUntilBelow(1)
  }

  /** Waits until the partner has left: only then may the file be closed. */
  close(): void {
    closeRing(this.#ring)
  }

  #waiting(): number {
    return this.#pushed - Atomics.load(this.#ring.words, word.written)
  }

  #writeUntilBelow(count: number): void {
    sleepUntil(this.#ring, () => {
      while (this.#waiting() >= count && writesNext(this.#ring, this.#fd, writeLock.owner));
      return this.#waiting() < count
    })
  }
}

export class WritingPartner extends Partner {
  protected help(fd: number): PartnerStep {
    const { words } = this.ring
    try {
      const hasWritten = writesNext(this.ring, fd, writeLock.partner)
      const waiting = Atomics.load(words, word.blocks) - Atomics.load(words, word.written)
      // Not for each free place, because waking takes as long as reading a block; but always when the lock was held for
      // nothing, because the writer may have waited for it.
      if (!hasWritten || waiting <= placesOf(this.ring) / 2) wakeOwner(words)
      return hasWritten ? 'helped' : 'waits'
    } catch (error) {
      if (!isSystemError(error)) throw error
      // The writer meets it, too.
      return 'over'
    }
  }
}

/** Writes the next block, unless there is none or the other thread holds the write lock. */
function writesNext(ring: SharedRing, fd: number, as: typeof writeLock.owner | typeof writeLock.partner): boolean {
  const { words, blockBytes } = ring
  if (Atomics.compareExchange(words, word.writeLock, writeLock.free, as) !== writeLock.free) return false
  try {
    const number = Atomics.load(words, word.written)
    if (number === Atomics.load(words, word.blocks)) return false
    const length = Atomics.load(words, wordOf(ring, number))
    writeAll(fd, roomFor(ring, number).subarray(0, length), number * blockBytes, writeBytesMax)
    Atomics.store(words, word.written, number + 1)
    return true
  } finally {
    Atomics.store(words, word.writeLock, writeLock.free)
  }
}
