import type * as Bullmq from 'bullmq'
import type * as Ioredis from 'ioredis'
import { errorMessage } from '../../engine/system/error-message.ts'

/** BullMQ and its client of Redis. This is the one file that imports them: they are packages of the user's choice. */
export interface BullmqClient {
  readonly bullmq: typeof Bullmq
  readonly Redis: typeof Ioredis.Redis
}

export type { Job, Queue, QueueEvents, Worker } from 'bullmq'
export type { Redis } from 'ioredis'

/** Loads both packages, or says how to install them. */
export async function loadBullmq(): Promise<BullmqClient | { readonly missing: string }> {
  try {
    const [bullmq, { Redis }] = await Promise.all([import('bullmq'), import('ioredis')])
    return { bullmq, Redis }
  } catch (error) {
    return {
      missing: `orders on Redis need two packages; install them with: npm install bullmq ioredis (${errorMessage(error).split('\n')[0]})`,
    }
  }
}

/** The names in Redis that belong to a pool. */
export function redisNames(pool: string) {
  return {
    queue: `reprise-${encodeURIComponent(pool)}`,
    offer: (worker: string) => `reprise:offer:${encodeURIComponent(pool)}:${worker}`,
    offers: `reprise:offer:${encodeURIComponent(pool)}:*`,
    /** Both a set of the orders to be cancelled, for a worker that missed the message, and the channel of the messages. */
    cancel: `reprise:cancel:${encodeURIComponent(pool)}`,
  }
}

/** How long a cancelled order is remembered. */
export const cancelSeconds = 3600

/** Events keep what was told last; what was told before is of no use. */
export const keptEvents = 1000

/** What BullMQ needs of its connections: it waits by itself. */
export const patient = { maxRetriesPerRequest: null } as const

/** What a job says of its progress. */
export interface JobNews {
  readonly worker: string
  readonly reports: readonly unknown[]
}

/** How long a Redis server keeps an order for a worker that is silent. */
export const defaultLockMs = 30_000
/** How often a worker says that it is alive. */
export const offerBeatMs = 5000

/** Returns an address as people may see it: without a password, which may also be one of the options behind it. */
export function shownAddress(url: string): string {
  const shown = new URL(url)
  shown.password = ''
  shown.username = ''
  shown.search = ''
  return shown.href.replace(/\/$/, '')
}
