interface Claim {
  /** How many slots it still lacks. */
  missing: number
  readonly priority: number
  readonly onTaken: () => void
}

/**
 * A number of slots, and the claims that wait for some. A claim that has its first slot gets those that are free next: one
 * of many slots is not passed for ever by claims of few, and no two hold a part of what they need.
 */
export class Slots {
  readonly size: number
  #free: number
  /** In the order in which they come to their slots. */
  readonly #waiting: Claim[] = []
  /** The one that has a part of what it needs. */
  #filling: Claim | undefined

  constructor(size: number) {
    this.size = size
    this.#free = size
  }

  /**
   * Calls `onTaken` when so many slots are taken, or all where there are fewer, and says how many they are; at once where
   * they are free. Of the claims that wait, the one of the highest priority comes first, and of equal ones the first.
   */
  take(slots: number, priority: number, onTaken: (taken: number) => void): void {
    const taken = Math.min(slots, this.size)
    this.#waiting.splice(this.#placeOf(priority), 0, { missing: taken, priority, onTaken: () => onTaken(taken) })
    this.#fill()
  }

  /** Gives slots back to those that wait. */
  give(slots: number): void {
    this.#free += slots
    this.#fill()
  }

  #fill(): void {
    while (this.#free > 0) {
      const claim = this.#filling ?? this.#waiting.shift()
      if (claim === undefined) return
      const more = Math.min(this.#free, claim.missing)
      this.#free -= more
      claim.missing -= more
      this.#filling = claim.missing > 0 ? claim : undefined
      if (claim.missing === 0) claim.onTaken()
    }
  }

  /** Returns where a claim belongs that comes now: behind those of its priority. */
  #placeOf(priority: number): number {
    let [low, high] = [0, this.#waiting.length]
    while (low < high) {
      const middle = (low + high) >> 1
      if ((this.#waiting[middle]?.priority ?? 0) >= priority) low = middle + 1
      else high = middle
    }
    return low
  }
}
