import { answerTo, type Backoff, type ExecutionPolicy, type RetryPolicy } from './execution-policy.ts'
import type { Failure } from './failure.ts'
import { failureClassOf } from './failure-class.ts'

const defaultAttempts = 3
const defaultBackoff = { initialMs: 1000, factor: 2, maxMs: 60_000, jitter: 0.5 }
const defaultLaterMs = 60_000

/**
 * Returns how long to wait before a retry, or undefined if there is none.
 * `attempt` is the number of the one that failed, from 1; `random` gives a number from 0 to 1.
 */
export function retryDelayMs(
  failure: Failure,
  policy: ExecutionPolicy | undefined,
  attempt: number,
  random: () => number,
): number | undefined {
  const { attempts = defaultAttempts, backoff, laterMs = defaultLaterMs } = policy?.retry ?? {}
  if (attempt >= attempts) return undefined
  const answer = answerTo(failure, policy)
  if (answer === 'abort') return undefined
  const askedMs = failure.kind === 'stage-failed' ? failure.retryAfterMs : undefined
  if (askedMs !== undefined) return Math.max(askedMs, backoffMs(backoff, attempt, random))
  if (answer === 'later') return Math.max(laterMs, backoffMs(backoff, attempt, random))
  return answer === 'retry' || isRetried(failure, policy?.retry, attempt)
    ? backoffMs(backoff, attempt, random)
    : undefined
}

function backoffMs(backoff: Backoff | undefined, attempt: number, random: () => number): number {
  const { initialMs, factor, maxMs, jitter } = { ...defaultBackoff, ...backoff }
  const wholeMs = Math.min(maxMs, initialMs * factor ** (attempt - 1))
  return Math.round(wholeMs * (1 - jitter * random()))
}

function isRetried(failure: Failure, retry: RetryPolicy | undefined, attempt: number): boolean {
  if (retry === undefined) return false
  const { on } = retry
  const group = failureClassOf(failure)
  if (on === undefined) return failure.kind !== 'device-out-of-memory' && group !== 'validation' && group !== 'state'
  return typeof on === 'function' ? on(failure, attempt) : on.includes(failure.kind) || on.includes(group)
}
