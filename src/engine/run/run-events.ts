import type { Event, EventBody, EventType } from '../../core/index.ts'
import { EventBus, type ListenerTrouble } from '../events/event-bus.ts'
import { EventLog } from '../events/event-log.ts'
import { ProgressThrottle } from '../events/progress-throttle.ts'
import { RunEstimate, type RunEstimateOptions } from '../schedule/run-estimate.ts'
import { errorMessage } from '../system/error-message.ts'
import type { RunRequest } from './request.ts'

/** Where the events of one run go: to the job's log once that is open, and to those who listen. */
export class RunEvents {
  readonly #run: string
  readonly #jobDir: string
  readonly #buses: readonly EventBus[]
  readonly #own = new EventBus()
  readonly #throttle = new ProgressThrottle((body) => this.#emit(body))
  #estimate: RunEstimate | undefined
  /** What happened before the log was open. */
  readonly #pending: Event[] = []
  #log: EventLog | undefined
  #closed = false
  #lastTime = { ms: Number.NaN, text: '' }

  constructor(run: string, jobDir: string, { onEvent, events }: Pick<RunRequest, 'onEvent' | 'events'>) {
    this.#run = run
    this.#jobDir = jobDir
    if (onEvent !== undefined) this.#own.on('*', onEvent)
    this.#buses = events === undefined ? [this.#own] : [this.#own, events]
  }

  /** Opens the log, and writes down what has happened so far. Throws what the file system throws. */
  openLog(): void {
    this.#log = new EventLog(this.#jobDir)
    for (const event of this.#pending.splice(0)) this.#log.append(event)
  }

  /** Has the run's progress told while steps execute. */
  reportProgress(options: Omit<RunEstimateOptions, 'emit'>): void {
    this.#estimate = new RunEstimate({ ...options, emit: (body) => this.#emit(body) })
  }

  emit(body: EventBody): void {
    this.#throttle.onEvent(body)
  }

  #emit(body: EventBody): void {
    // What a listener does after the run's end is no event of the run.
    if (this.#closed) return
    // To add names to a spread, V8 takes microseconds.
    const event: Event = Object.assign({}, body, { ts: this.#now(), run: this.#run, job: this.#jobDir })
    if (this.#log === undefined) this.#pending.push(event)
    else this.#log.append(event)
    for (const bus of this.#buses) bus.emit(event, this.#onTrouble)
    this.#estimate?.onEvent(event)
  }

  /** Thousands of steps may be told of in one millisecond, and its text is made once. */
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
      return `a listener of events failed at '${type}', which changes nothing in the run and is not told again: ${message}`
    }
    case 'slow': {
      const seconds = (trouble.elapsedMs / 1000).toFixed(0)
      return `a listener of events took ${seconds} s over '${type}', or is at it still; the run does not wait for it, unless it blocks the process`
    }
    default:
      return trouble satisfies never
  }
}
