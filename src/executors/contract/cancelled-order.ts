import type { CancelledOrder } from './engine.ts'
import type { Order, OrderEnd } from './order.ts'

/** Returns what became of a cancelled order, by how it ended; undefined where the caller stopped waiting. */
export function cancelledOrder({ request: { step } }: Order, end: OrderEnd | undefined): CancelledOrder {
  if (end === undefined) return { step, how: 'asked' }
  switch (end.kind) {
    case 'answered': {
      const { worker, answer } = end
      const isEnded = answer.kind === 'ended' && answer.end.kind === 'cancelled'
      if (worker === '') return { step, how: 'taken-back' }
      return { step, how: isEnded ? 'ended' : 'done', worker }
    }
    case 'lost':
      return { step, how: 'lost', worker: end.worker }
    case 'gone':
      return { step, how: 'gone' }
    case 'unreachable':
      return { step, how: 'asked' }
    default:
      return end satisfies never
  }
}
