/**
 * A ring of blocks with which two threads work on one file: its owner, and a partner that helps while it is idle. Block
 * N of the file is at place N modulo their count.
 *
 * The owner needs no partner: one may come late, be called back, fail, or die at any time. The owner waits for its
 * partner in two cases only: for the block that the partner is writing, and at the end, because the file may be closed
 * only when neither uses it. The main thread reports a partner that died.
 */
export interface SharedRing {
  /** The threads' state; see `word`. */
  readonly words: Int32Array
  readonly blocks: Uint8Array
  readonly blockBytes: number
}

/** The places in `words`; all are zero in a new ring. */
export const word = {
  /** Set by the owner: its open file's descriptor plus 1, or `notYet`, or `closed`. */
  file: 0,
  /** Set by the owner: how many blocks it has asked for, or filled. */
  blocks: 1,
  /** How many blocks have been written; set by the thread that holds the write lock. */
  written: 2,
  /** Which thread may write. */
  writeLock: 3,
  /** Set by the partner: 1 while it may use the file and the blocks; set to 0 for it when it died. */
  present: 4,
  /** Set by the main thread: 1 while the partner may stay. */
  lent: 5,
  /** Counts changes for the partner, which sleeps on this. */
  bell: 6,
  /** Counts changes for the owner, which sleeps on this. */
  ownBell: 7,
  /** From here on one word for each block. */
  places: 8,
} as const

const notYet = 0
const closed = -1

/** Who holds the write lock. */
export const writeLock = { free: 0, owner: 1, partner: 2 } as const

export function createRing(blockBytes: number, blocks: number): SharedRing {
  return {
    words: new Int32Array(new SharedArrayBuffer((word.places + blocks) * Int32Array.BYTES_PER_ELEMENT)),
    blocks: new Uint8Array(new SharedArrayBuffer(blocks * blockBytes)),
    blockBytes,
  }
}

/** Announces a file, before its owner is asked to open it: a partner that comes first waits for that. */
export function announce({ words }: SharedRing): void {
  Atomics.store(words, word.file, notYet)
}

/** Permits a partner to come, before it is asked to. There may be one at a time. */
export function lend({ words }: SharedRing): void {
  Atomics.store(words, word.lent, 1)
}

/** Makes the partner leave, also one that waits for a file which the owner has not opened. */
export function callBack({ words }: SharedRing): void {
  Atomics.store(words, word.lent, 0)
  wakePartner(words)
}

export function notePartnerGone({ words }: SharedRing): void {
  leave(words)
}

export function noteOwnerGone({ words }: SharedRing): void {
  Atomics.store(words, word.file, closed)
  wakePartner(words)
}

/** Returns whether a partner may use the file and the blocks. */
export function hasPartner({ words }: SharedRing): boolean {
  return Atomics.load(words, word.present) === 1
}

/** Shows the partner a file that the owner has just opened. */
export function openRing({ words }: SharedRing, fd: number): void {
  words.fill(0, word.places)
  Atomics.store(words, word.blocks, 0)
  Atomics.store(words, word.written, 0)
  Atomics.store(words, word.file, fd + 1)
  wakePartner(words)
}

/** Waits until the partner has left: only then may the owner close the file. */
export function closeRing(ring: SharedRing): void {
  Atomics.store(ring.words, word.file, closed)
  wakePartner(ring.words)
  sleepUntil(ring, () => !hasPartner(ring))
}

/** Makes the owner sleep until a condition holds; the partner calls `wakeOwner` when that may have changed. */
export function sleepUntil({ words }: SharedRing, holds: () => boolean): void {
  for (;;) {
    const seen = Atomics.load(words, word.ownBell)
    if (holds()) return
    Atomics.wait(words, word.ownBell, seen)
  }
}

/** Makes the owner look again at its condition. */
export function wakeOwner(words: Int32Array): void {
  Atomics.add(words, word.ownBell, 1)
  Atomics.notify(words, word.ownBell)
}

/** Makes the partner look again for work. */
export function wakePartner(words: Int32Array): void {
  Atomics.add(words, word.bell, 1)
  Atomics.notify(words, word.bell)
}

function leave(words: Int32Array): void {
  Atomics.compareExchange(words, word.writeLock, writeLock.partner, writeLock.free)
  Atomics.store(words, word.present, 0)
  wakeOwner(words)
}

export function placesOf({ words }: SharedRing): number {
  return words.length - word.places
}

export function wordOf(ring: SharedRing, number: number): number {
  return word.places + (number % placesOf(ring))
}

export function roomFor(ring: SharedRing, number: number): Uint8Array {
  const start = (number % placesOf(ring)) * ring.blockBytes
  return ring.blocks.subarray(start, start + ring.blockBytes)
}

/** What a partner did: it helped with a block, has to wait for the owner, or has to leave. */
export type PartnerStep = 'helped' | 'waits' | 'over'

/** The thread that helps; a class that extends this one says how. */
export abstract class Partner {
  protected readonly ring: SharedRing

  /** From now on the owner waits for this partner to leave before it closes the file. */
  constructor(ring: SharedRing) {
    this.ring = ring
    // First, so that an owner that closes the file now either sees this or is seen to have closed it.
    Atomics.store(ring.words, word.present, 1)
  }

  step(): PartnerStep {
    const file = Atomics.load(this.ring.words, word.file)
    if (file === closed || Atomics.load(this.ring.words, word.lent) === 0) return 'over'
    return file === notYet ? 'waits' : this.help(file - 1)
  }

  protected abstract help(fd: number): PartnerStep

  /** Leaves; it does not use the file or the blocks afterwards. */
  leave(): void {
    leave(this.ring.words)
  }

  /** Helps until all is done, and leaves; returns with how many blocks it has helped. */
  stay(): number {
    const { words } = this.ring
    let blocks = 0
    try {
      for (;;) {
        const seen = Atomics.load(words, word.bell)
        const did = this.step()
        if (did === 'over') return blocks
        if (did === 'waits') Atomics.wait(words, word.bell, seen)
        else blocks += 1
      }
    } finally {
      this.leave()
    }
  }
}
