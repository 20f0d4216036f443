/** Who holds a lease, or did. */
export interface LeaseHolder {
  readonly pid: number
  /** Opaque: the process's start time, so that a reused pid is told apart. */
  readonly startedAt: string
  readonly bootId: string
  /** Whether the pid means that process here; false for a holder in another pid namespace, such as a container's. */
  readonly isHere: boolean
  /** What it is doing, for the one who waits: a job directory, a step. */
  readonly note: string
}

export interface Lease {
  /**
   * Whether it is still held: a holder in another pid namespace that was suspended for long, as in a paused container,
   * counts as dead, and finds out here when it goes on. Reads the disk only then.
   */
  isHeld(): boolean
  /** Gives the lease back. Safe to call twice. */
  release(): void
}

/** Leases with which processes that share a store agree on who does what. A dead holder's lease is taken over. */
export interface Leases {
  /** Returns the live process that holds the lease, if one does; takes nothing. */
  holder(name: string): LeaseHolder | undefined
  /** Returns the leases that live processes hold whose names begin with `prefix`. */
  held(prefix?: string): readonly { readonly name: string; readonly holder: LeaseHolder }[]
  /** Returns the lease at once, or who holds it. */
  tryAcquire(name: string, note: string): { readonly lease: Lease } | { readonly holder: LeaseHolder }
  /** Waits for the lease; `onWait` is told once who holds it. Rejects with the signal's reason when aborted. */
  acquire(
    name: string,
    note: string,
    options?: { readonly signal?: AbortSignal; readonly onWait?: (holder: LeaseHolder) => void },
  ): Promise<Lease>
}
