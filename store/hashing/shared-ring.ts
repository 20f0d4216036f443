/**
 * A ring of blocks through which two threads work on one file: its owner, which was asked for the file, and a partner,
 * which helps while it has nothing else to do. Block N of the file is at place N modulo their count.
 *
 * The owner needs no partner: one may come late, be called back, fail, or die at any time. The owner waits for one that
 * has come in two cases only: for the block which that one is at, and at the end, because the file may be closed only
 * when both have let go of it. Of a partner that died the main thread tells.
 */
export interface SharedRing {
  /** What the threads tell each other; see `word`. */
  readonly words: Int32Array
  readonly blocks: Uint8Array
  readonly blockBytes: number
}

/** Where in `words` is what. All is zero in a new ring. */
export const word = {
  /** The owner's: the number of its open file and 1, or `notYet`, or `closed`. */
  file: 0,
  /** The owner's: how many blocks it has asked for, or filled. */
  blocks: 1,
  /** How many blocks have been written. Whose the pen is changes it. */
  written: 2,
  /** Whose the pen is. */
  pen: 3,
  /** The partner's: 1 while it may touch the file and the blocks. Set to 0 for it when it died. */
  present: 4,
  /** The main thread's: 1 while the partner may stay. */
  lent: 5,
  /** Counts what the partner must hear of; it sleeps on this. */
  bell: 6,
  /** Counts what the owner must hear of; it sleeps on this. */
  ownBell: 7,
  /** From here on one for each place. */
  places: 8,
} as const

const notYet = 0
const closed = -1

/** Whose a pen may be. */
export const pen = { nobodys: 0, owners: 1, partners: 2 } as const

/** Returns a new ring. */
export function createRing(blockBytes: number, blocks: number): SharedRing {
  return {
    words: new Int32Array(new SharedArrayBuffer((word.places + blocks) * Int32Array.BYTES_PER_ELEMENT)),
    blocks: new Uint8Array(new SharedArrayBuffer(blocks * blockBytes)),
    blockBytes,
  }
}

/** Says, before the owner hears of it, that it is to open a file: a partner that comes first waits for that. */
export function announce({ words }: SharedRing): void {
  Atomics.store(words, word.file, notYet)
}

/** Lets a partner come, before that hears of it. There may be one at a time. */
export function lend({ words }: SharedRing): void {
  Atomics.store(words, word.lent, 1)
}

/** Has the partner leave, soon and in any case: also one that waits for a file which the owner has not opened. */
export function callBack({ words }: SharedRing): void {
  Atomics.store(words, word.lent, 0)
  wakePartner(words)
}

/** Says that the partner's thread has ended. */
export function notePartnerGone({ words }: SharedRing): void {
  leave(words)
}

/** Says that the owner's thread has ended. */
export function noteOwnerGone({ words }: SharedRing): void {
  Atomics.store(words, word.file, closed)
  wakePartner(words)
}

/** Returns whether a partner may touch the file and the blocks. */
export function hasPartner({ words }: SharedRing): boolean {
  return Atomics.load(words, word.present) === 1
}

/** Shows the owner's open file to the partner; nothing has been done with it. */
export function openRing({ words }: SharedRing, fd: number): void {
  words.fill(0, word.places)
  Atomics.store(words, word.blocks, 0)
  Atomics.store(words, word.written, 0)
  Atomics.store(words, word.file, fd + 1)
  wakePartner(words)
}

/** Lets the partner go, and returns when it has gone: only then may the owner close the file. */
export function closeRing(ring: SharedRing): void {
  Atomics.store(ring.words, word.file, closed)
  wakePartner(ring.words)
  sleepUntil(ring, () => !hasPartner(ring))
}

/** Has the owner sleep until something is so of which the partner tells by `wakeOwner`. */
export function sleepUntil({ words }: SharedRing, isSo: () => boolean): void {
  for (;;) {
    const heard = Atomics.load(words, word.ownBell)
    if (isSo()) return
    Atomics.wait(words, word.ownBell, heard)
  }
}

/** Has the owner look again at what it waits for. */
export function wakeOwner(words: Int32Array): void {
  Atomics.add(words, word.ownBell, 1)
  Atomics.notify(words, word.ownBell)
}

/** Has the partner look again at what there is to do. */
export function wakePartner(words: Int32Array): void {
  Atomics.add(words, word.bell, 1)
  Atomics.notify(words, word.bell)
}

function leave(words: Int32Array): void {
  Atomics.compareExchange(words, word.pen, pen.partners, pen.nobodys)
  Atomics.store(words, word.present, 0)
  wakeOwner(words)
}

/** Returns how many blocks there is room for. */
export function placesOf({ words }: SharedRing): number {
  return words.length - word.places
}

/** Returns where in `words` is what concerns a block alone. */
export function wordOf(ring: SharedRing, number: number): number {
  return word.places + (number % placesOf(ring))
}

/** Returns where a ring has room for a block. */
export function roomFor(ring: SharedRing, number: number): Uint8Array {
  const start = (number % placesOf(ring)) * ring.blockBytes
  return ring.blocks.subarray(start, start + ring.blockBytes)
}

/** What a partner did: it was at a block, has to wait for the owner, or is to leave. */
export type PartnerStep = 'helped' | 'waits' | 'over'

/** The thread that helps. What with is told by a class that extends this one. */
export abstract class Partner {
  protected readonly ring: SharedRing

  /** Arrives: from now on the owner waits for this one to leave before it closes the file. */
  constructor(ring: SharedRing) {
    this.ring = ring
    // Before anything is looked at, so that an owner which closes meanwhile sees it, or is seen to have closed.
    Atomics.store(ring.words, word.present, 1)
  }

  /** Helps with the next block if it can. */
  step(): PartnerStep {
    const file = Atomics.load(this.ring.words, word.file)
    if (file === closed || Atomics.load(this.ring.words, word.lent) === 0) return 'over'
    return file === notYet ? 'waits' : this.help(file - 1)
  }

  protected abstract help(fd: number): PartnerStep

  /** Leaves; it touches nothing of the owner's afterwards. */
  leave(): void {
    leave(this.ring.words)
  }

  /** Helps until there is nothing more to do, and leaves; returns with how many blocks it has helped. */
  stay(): number {
    const { words } = this.ring
    let blocks = 0
    try {
      for (;;) {
        const heard = Atomics.load(words, word.bell)
        const did = this.step()
        if (did === 'over') return blocks
        if (did === 'waits') Atomics.wait(words, word.bell, heard)
        else blocks += 1
      }
    } finally {
      this.leave()
    }
  }
}
