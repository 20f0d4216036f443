import { join } from 'node:path'
import type { LocalStore } from '../../../store/index.ts'
import type { Event, JobStatus } from '../../core/index.ts'
import { readLastEvent } from '../events/event-log.ts'
import { GrowingLog } from '../events/growing-log.ts'
import { jobHolder } from './job-holder.ts'
import { runStatusAfter } from './run-status.ts'

/** The file system reports changes; this is how often to look anyway, also for a runner that died. */
const lookEveryMs = 500

export interface FollowOptions {
  readonly store: Pick<LocalStore, 'leases'>
  /** Stops following; the run goes on. */
  readonly signal?: AbortSignal
  readonly onEvent: (event: Event) => void | Promise<void>
}

/**
 * Hands out the events of a job's run from its beginning: of the one that is going on, until it ends, or else of the
 * last one. Returns how it ended; `running` when the following was ended first.
 */
export async function followRun(jobDir: string, options: FollowOptions): Promise<JobStatus['state']> {
  const { store, signal, onEvent } = options
  const run = jobHolder(store, jobDir)?.run ?? readLastEvent(jobDir)?.run
  if (run === undefined) return 'never-run'
  const log = new GrowingLog(join(jobDir, 'events.jsonl'))
  try {
    for (;;) {
      // Asked before the log is read: a runner that no longer holds the job has written everything.
      const isHeld = jobHolder(store, jobDir)?.run === run
      let end: JobStatus['state'] | undefined
      for (const event of log.read()) {
        if (event.run !== run) continue
        await onEvent(event)
        end ??= runStatusAfter(event)
      }
      if (end !== undefined) return end
      if (!isHeld) return 'interrupted'
      if (signal?.aborted === true) return 'running'
      await log.change(lookEveryMs, signal)
    }
  } finally {
    log.close()
  }
}
