import type { Lease, LeaseHolder, Leases } from '../contract/local/leases.ts'
import { ownIdentity } from '../disk/process-identity.ts'

interface Held {
  readonly holder: LeaseHolder
  /** Those who wait, the first to come first. */
  readonly waiting: (() => void)[]
}

/** Returns leases among the users of one store object. */
export function createMemoryLeases(): Leases {
  const held = new Map<string, Held>()

  function tryAcquire(name: string, note: string): { readonly lease: Lease } | { readonly holder: LeaseHolder } {
    const current = held.get(name)
    if (current !== undefined) return { holder: current.holder }
    const { pid, startedAt, bootId } = ownIdentity()
    const mine: Held = { holder: { pid, startedAt, bootId, isHere: true, note }, waiting: [] }
    held.set(name, mine)
    return { lease: { isHeld: () => held.get(name) === mine, release: () => release(name, mine) } }
  }

  function release(name: string, mine: Held): void {
    if (held.get(name) !== mine) return
    held.delete(name)
    for (const wake of mine.waiting) wake()
  }

  return {
    holder: (name) => held.get(name)?.holder,
    held: (prefix = '') =>
      [...held].flatMap(([name, { holder }]) => (name.startsWith(prefix) ? [{ name, holder }] : [])),
    tryAcquire,
    async acquire(name, note, { signal, onWait } = {}) {
      for (let told = false; ; told = true) {
        signal?.throwIfAborted()
        const answer = tryAcquire(name, note)
        if ('lease' in answer) return answer.lease
        if (!told) onWait?.(answer.holder)
        await new Promise<void>((resolve) => {
          const wake = (): void => {
            signal?.removeEventListener('abort', wake)
            resolve()
          }
          held.get(name)?.waiting.push(wake)
          signal?.addEventListener('abort', wake)
          if (signal?.aborted === true) wake()
        })
      }
    },
  }
}
