import { type FSWatcher, watch } from 'node:fs'
import { join } from 'node:path'
import type { LocalStore } from '../../../store/index.ts'
import type { Event, JobStatus } from '../../core/index.ts'
import { parseEvent, readLastEvent } from '../events/event-log.ts'
import { LineReader, linesFrom } from '../system/line-reader.ts'
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

/** A log that another process appends to. */
class GrowingLog {
  readonly #path: string
  readonly #watcher: FSWatcher | undefined
  readonly #reader = new LineReader()
  #offset = 0
  #changed = false
  #wake: (() => void) | undefined

  constructor(path: string) {
    this.#path = path
    this.#watcher = watcherOf(path, () => {
      this.#changed = true
      this.#wake?.()
    })
  }

  /** Returns the events since the last call. An incomplete line waits for its end. */
  read(): readonly Event[] {
    this.#changed = false
    const events: Event[] = []
    const pieces = linesFrom(this.#path, this.#reader, this.#offset)
    for (let piece = pieces.next(); ; piece = pieces.next()) {
      if (piece.done === true) {
        this.#offset = piece.value
        return events
      }
      for (const line of piece.value) {
        const event = parseEvent(line)
        if (event !== undefined) events.push(event)
      }
    }
  }

  /** Resolves when the log has changed since it was read, after some time, or when the signal is aborted. */
  change(afterMs: number, signal: AbortSignal | undefined): Promise<void> {
    return new Promise((resolve) => {
      const done = () => {
        clearTimeout(timer)
        signal?.removeEventListener('abort', done)
        this.#wake = undefined
        resolve()
      }
      const timer = setTimeout(done, afterMs)
      signal?.addEventListener('abort', done, { once: true })
      this.#wake = done
      if (this.#changed) done()
    })
  }

  close(): void {
    this.#watcher?.close()
  }
}

/** Where the file cannot be watched, it is polled. */
function watcherOf(path: string, onChange: () => void): FSWatcher | undefined {
  try {
    const watcher = watch(path, onChange)
    watcher.on('error', () => watcher.close())
    return watcher
  } catch {
    return undefined
  }
}
