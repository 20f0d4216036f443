import type { Event, EventBody, EventType } from '../../core/index.ts'
import { EventBus, type ListenerTrouble } from '../events/event-bus.ts'
import { EventLog } from '../events/event-log.ts'
import { ProgressThrottle } from '../events/progress-throttle.ts'
import { RunEstimate, type RunEstimateOptions } from '../schedule/run-estimate.ts'
import { errorMessage } from '../system/error-message.ts'
import { linkReplaced } from '../system/left-in-place.ts'
import type { RunRequest } from './request.ts'

/** Sends the events of one run to the job's log, once that is open, and to the listeners. */
export class RunEvents {
  readonly #run: string
  readonly #jobDir: string
  readonly #holdsJob: () => boolean
  readonly #buses: readonly EventBus[]
  readonly #own = new EventBus()
  readonly #throttle = new ProgressThrottle((body) => this.#emit(body))
  #estimate: RunEstimate | undefined
  /** Events from before the log was open. */
  readonly #pending: Event[] = []
  #log: EventLog | undefined
  #closed = false
  #lastTime = { ms: Number.NaN, text: '' }

  constructor(
    run: string,
    jobDir: string,
    { onEvent, events, holdsJob }: Pick<RunRequest, 'onEvent' | 'events'> & { readonly holdsJob: () => boolean },
  ) {
    this.#run = run
    this.#jobDir = jobDir
    this.#holdsJob = holdsJob
    if (onEvent !== undefined) this.#own.on('*', onEvent)
    this.#buses = events === undefined ? [this.#own] : [this.#own, events]
  }

  /** Opens the log and writes the events so far. Throws what the file system throws. */
  openLog(): void {
    const log = new EventLog(this.#jobDir, this.#holdsJob)
    this.#log = log
    for (const event of this.#pending.splice(0)) log.append(event)
    if (log.replacedLink !== undefined)
      this.emit({ event: 'pipeline_warning', message: linkReplaced(log.replacedLink) })
  }

  /** Reports the progress of the run while steps execute. */
  reportProgress(options: Omit<RunEstimateOptions, 'emit'>): void {
    this.#estimate = new RunEstimate({ ...options, emit: (body) => this.#emit(body) })
  }

  emit(body: EventBody): void {
    this.#throttle.onEvent(body)
  }

  /** Warns, also when the run has ended and only the process can still say it. */
  warn(message: string): void {
    if (this.#closed) process.emitWarning(message)
    else this.emit({ event: 'pipeline_warning', message })
  }

  #emit(body: EventBody): void {
    // A listener may emit after the run's end; that is no event of the run.
    if (this.#closed) return
    // Adding properties to a spread takes V8 microseconds.
    const event: Event = Object.assign({}, body, { ts: this.#now(), run: this.#run, job: this.#jobDir })
    if (this.#log === undefined) this.#pending.push(event)
    else this.#log.append(event)
    for (const bus of this.#buses) bus.emit(event, this.#onTrouble)
    this.#estimate?.onEvent(event)
  }

  /** Thousands of events may share one millisecond, so its text is made once. */
  #now(): string {
    const ms = Date.now()
    if (ms !== this.#lastTime.ms) this.#lastTime = { ms, text: new Date(ms).toISOString() }
    return this.#lastTime.text
  }

  /** Ends the log; safe to call twice. */
  close(): void {
    this.#throttle.close()
    this.#estimate?.close()
    this.#closed = true
    this.#own.clear()
    this.#log?.close()
    this.#log = undefined
  }

  readonly #onTrouble = (trouble: ListenerTrouble, type: EventType): void => {
    this.emit({ event: 'pipeline_warning', message: troubleText(trouble, type) })
  }
}

function troubleText(trouble: ListenerTrouble, type: EventType): string {
  switch (trouble.kind) {
    case 'failed': {
      const message = errorMessage(trouble.error)
      return `an event listener threw an exception on '${type}'; the run continues, and this warning is not repeated: ${message}`
    }
    case 'slow': {
      const { elapsedMs } = trouble
      const time = elapsedMs < 1000 ? `${Math.ceil(elapsedMs)} ms` : `${(elapsedMs / 1000).toFixed(0)} s`
      return `an event listener took ${time} for '${type}', or is not done yet; the run waits for it only while it blocks the event loop`
    }
    default:
      return trouble satisfies never
  }
}
