import type { Failure } from '../../core/index.ts'
import type { OrderEnd } from '../contract/order.ts'

/** What the system says that started the workers of a pool, beside what these write themselves. */
export interface SecondWitness {
  /** Says whether the job is over in which a worker ran; undefined where it is not, or nobody knows. */
  endOf(worker: string): JobEnd | undefined
  /** Has the job of a worker ended that does not end its order by itself. */
  end(worker: string, how: 'term' | 'kill'): void
  /** Says why nobody will take an order that waits; undefined while somebody may. */
  whyWaiting(): string | undefined
}

/** How the job of a worker ended. */
export interface JobEnd {
  /** As the system calls it. */
  readonly state: string
  readonly because: 'done' | 'lost' | 'timed-out' | 'out-of-memory'
  /** How long that has been known. */
  readonly sinceMs: number
  /** The time that it had. */
  readonly timeoutMs?: number
}

/** The file system of a cluster may show an answer so long after the job is over that wrote it. */
export const lateMs = { done: 60_000, broken: 3000 } as const

/** Returns whether an answer that is not there by now will not come. */
export function sawIt({ because, sinceMs }: JobEnd, late: { readonly done: number; readonly broken: number }): boolean {
  return sinceMs >= (because === 'done' ? late.done : late.broken)
}

/** Returns what the end of a worker's job means for the order that it had. */
export function jobEnded(lost: OrderEnd, { state, because, timeoutMs = 0 }: JobEnd, step: string): OrderEnd {
  if (lost.kind !== 'lost') return lost
  switch (because) {
    case 'timed-out':
      return answered(lost.worker, { kind: 'timed-out', step, timeoutMs })
    case 'out-of-memory': {
      const message = `its job ended as ${state}; give the jobs of the pool more memory`
      return answered(lost.worker, { kind: 'device-out-of-memory', step, device: 'cpu', message })
    }
    case 'done':
    case 'lost':
      return { ...lost, why: `its job ended as ${state}` }
    default:
      return because satisfies never
  }
}

function answered(worker: string, failure: Failure): OrderEnd {
  const end = { kind: 'failed', failure, cost: { durationMs: 0 } } as const
  return { kind: 'answered', isOwn: true, worker, answer: { kind: 'ended', end, how: 'executed' } }
}
