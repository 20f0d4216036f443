import { setTimeout as delay } from 'node:timers/promises'
import type { Layout } from '../disk/layout.ts'
import type { ProcessIdentity } from '../disk/process-identity.ts'
import { announce, presenceOf, removePresence } from './presence.ts'

/** Whoever finds another one waits somewhat longer or shorter each time, so that two do not get in each other's way. */
const retryMs = 50

/**
 * Runs `body` while no other process rebuilds the index of this store. Leases are of no use for it, because they are
 * taken under the index's write lock. Everybody first announces itself and then looks whether anybody else has: of two,
 * at least one sees the other, and takes its announcement back. One of a dead process counts for nothing.
 */
export async function whileRebuilding<T>(
  layout: Layout,
  onWait: (holder: ProcessIdentity) => void,
  body: () => Promise<T>,
): Promise<T> {
  for (;;) {
    await noRebuild(layout, onWait)
    const leave = announce(layout, 'rebuild')
    try {
      if (presenceOf(layout, 'rebuild').living.length === 1) return await body()
    } finally {
      leave()
    }
    await delay(retryMs * Math.random())
  }
}

/** Resolves when nobody rebuilds the index. */
export async function noRebuild(layout: Layout, onWait: (holder: ProcessIdentity) => void): Promise<void> {
  for (;;) {
    const { living, dead } = presenceOf(layout, 'rebuild')
    removePresence(dead)
    const [holder] = living
    if (holder === undefined) return
    onWait(holder.owner)
    await delay(retryMs * (1 + Math.random()))
  }
}
