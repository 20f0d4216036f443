import type { StreamMessage } from '../api/messages.ts'
import type { JobModel } from './job-model.ts'

/** How long changes are gathered before they are told, so that a thousand events a second are twenty messages. */
const gatherMs = 50
/** How often a log is read that does not report its changes. */
const lookEveryMs = 500

/** A job that is running: whatever its log gains is told. */
export class FollowedJob {
  readonly model: JobModel
  readonly #id: string
  readonly #onMessage: (message: StreamMessage) => void
  readonly #closed = new AbortController()

  constructor(id: string, model: JobModel, onMessage: (message: StreamMessage) => void) {
    this.#id = id
    this.model = model
    this.#onMessage = onMessage
    void this.#watch()
  }

  /** Tells what the log has gained since it was last told. */
  tell(): void {
    if (this.#closed.signal.aborted) return
    const change = this.model.advance()
    if (change === undefined) return
    this.model.seq += 1
    const { run, seq } = this.model
    this.#onMessage({
      kind: 'job',
      job: this.model.row(),
      seq,
      ...(run === undefined ? {} : { run }),
      steps: change.steps,
      ...(change.hasNewWarnings ? { warnings: this.model.warnings } : {}),
    })
    if (change.all) this.#onMessage({ kind: 'stale', id: this.#id })
  }

  close(): void {
    this.#closed.abort()
    this.model.close()
  }

  async #watch(): Promise<void> {
    const { signal } = this.#closed
    while (!signal.aborted) {
      await this.model.change(lookEveryMs, signal)
      if (signal.aborted) return
      await new Promise<void>((resolve) => setTimeout(resolve, gatherMs).unref())
      this.tell()
    }
  }
}
