import { setTimeout as delay } from 'node:timers/promises'
import type { LocalStore } from '../../../store/index.ts'
import { type JobHolder, jobHolder, jobRuns } from './job-holder.ts'

const lookEveryMs = 50
/** A runner that still runs this long after it was told to kill at once hangs, and is killed itself. */
const patienceMs = 5000

export interface CancelOptions {
  /** Kills what runs at once, without a grace. */
  readonly now?: boolean
  /** Stops waiting; the request to cancel stands. */
  readonly signal?: AbortSignal
  /** Called when the runner has been asked, before waiting for it. */
  readonly onAsked?: (holder: JobHolder) => void
}

/** How a request to cancel a job's run from another process ended. */
export type CancelEnd =
  | { readonly kind: 'not-running' }
  /** The job is free. */
  | { readonly kind: 'gone'; readonly holder: JobHolder }
  /** It was asked; the caller stopped waiting. */
  | { readonly kind: 'asked'; readonly holder: JobHolder }
  /** It runs in another pid namespace, such as a container's, where it must be cancelled. */
  | { readonly kind: 'elsewhere'; readonly holder: JobHolder }
  /** It belongs to another user. */
  | { readonly kind: 'denied'; readonly holder: JobHolder }

/**
 * Cancels a job's runs from outside: asks the process that holds the job to end, and those that wait for it, and waits
 * until they are gone. The leases tell these processes from others that were given their pids after their death.
 */
export async function cancelJob(
  store: Pick<LocalStore, 'leases'>,
  jobDir: string,
  { now = false, signal, onAsked }: CancelOptions = {},
): Promise<CancelEnd> {
  // Runs that wait for the job are cancelled, too: one of them would take it as soon as it is free.
  const runs = jobRuns(store, jobDir)
  const [holder] = runs
  if (holder === undefined) return { kind: 'not-running' }
  for (const run of runs) {
    if (!run.isHere) return { kind: 'elsewhere', holder: run }
    // Two different signals: two of one kind may arrive as one. A stopped runner would hear neither.
    const asked = send(run, now ? ['SIGTERM', 'SIGINT', 'SIGCONT'] : ['SIGTERM', 'SIGCONT'])
    if (asked === 'denied') return { kind: 'denied', holder: run }
    onAsked?.(run)
  }
  const began = performance.now()
  const asked = new Set(runs.map(({ run }) => run))
  for (let isKilled = false; ; ) {
    const left = jobRuns(store, jobDir).filter(({ run }) => asked.has(run))
    if (left.length === 0 && !asked.has(jobHolder(store, jobDir)?.run ?? '')) return { kind: 'gone', holder }
    if (now && !isKilled && performance.now() - began > patienceMs) {
      for (const run of left) send(run, ['SIGKILL'])
      isKilled = true
    }
    try {
      await delay(lookEveryMs, undefined, signal === undefined ? {} : { signal })
    } catch (error) {
      if (signal?.aborted !== true) throw error
      return { kind: 'asked', holder }
    }
  }
}

function send({ pid }: JobHolder, signals: readonly NodeJS.Signals[]): 'sent' | 'denied' {
  try {
    for (const name of signals) process.kill(pid, name)
    return 'sent'
  } catch (error) {
    // It has ended meanwhile, which is the goal.
    return error instanceof Error && 'code' in error && error.code === 'EPERM' ? 'denied' : 'sent'
  }
}
