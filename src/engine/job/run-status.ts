import type { Event } from '../../core/index.ts'

/** Returns how a run ended whose last event this is; undefined for an event that ends none. */
export function runStatusAfter({ event }: Pick<Event, 'event'>): 'completed' | 'failed' | 'cancelled' | undefined {
  switch (event) {
    case 'pipeline_completed':
      return 'completed'
    case 'pipeline_failed':
      return 'failed'
    case 'pipeline_cancelled':
      return 'cancelled'
    default:
      return undefined
  }
}
