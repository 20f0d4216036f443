import { resolve } from 'node:path'
import type { AnyPipeline, Event, StepStatus } from '../../core/index.ts'
import { StepStates } from '../schedule/step-states.ts'
import type { RunRequest, RunResult } from './request.ts'
import { runPipeline } from './run.ts'

/** The state of a run. `starting`: no step has begun; it may be waiting for another run of the same job. */
export interface RunStatus {
  /** Absolute. */
  readonly jobDir: string
  /** The run's id, once it has begun. */
  readonly run?: string
  readonly state: 'starting' | 'running' | 'cancelling' | RunResult['status'] | 'broken'
  readonly steps: readonly StepStatus[]
}

/** A run in progress. */
export interface RunHandle<P extends AnyPipeline = AnyPipeline> {
  /** Absolute. */
  readonly jobDir: string
  /** Returns the state of the run, without touching the disk. */
  status(): RunStatus
  /**
   * Cancels the run: its processes are asked to end, and killed after a grace. The second call kills them at once.
   * The reason of the first call stands in the result and in the event `pipeline_cancelled`.
   * After the run's end it does nothing.
   */
  cancel(reason?: string): void
  /** Returns all events of the run, however late it is called; the iteration ends with the run. */
  events(): AsyncIterable<Event>
  /** Resolves when the run has ended, however it ended; rejects only for a bug. */
  readonly result: Promise<RunResult<P>>
}

/**
 * Starts a run and returns at once. Where nobody awaits `result`, a bug in the run is not lost: `status` says `broken`.
 */
export function startPipeline<P extends AnyPipeline>(request: RunRequest<P>): RunHandle<P>
export function startPipeline(request: RunRequest): RunHandle {
  return new StartedRun(request)
}

class StartedRun implements RunHandle {
  readonly jobDir: string
  readonly result: Promise<RunResult>
  readonly #events: Event[] = []
  readonly #steps = new StepStates()
  readonly #gentle = new AbortController()
  readonly #forceful = new AbortController()
  #run: string | undefined
  #end: RunResult['status'] | 'broken' | undefined
  /** Readers that wait for the next event, or for the end. */
  readonly #waiting: (() => void)[] = []
  readonly #signal: AbortSignal

  constructor(request: RunRequest) {
    this.jobDir = resolve(request.jobDir)
    this.#signal = eitherOf(request.signal, this.#gentle.signal)
    this.result = this.#toTheEnd(request)
    // The caller may only look at the status; an awaited `result` still rejects.
    this.result.catch(() => {})
  }

  status(): RunStatus {
    return {
      jobDir: this.jobDir,
      ...(this.#run === undefined ? {} : { run: this.#run }),
      state: this.#state(),
      steps: this.#steps.all(),
    }
  }

  cancel(reason?: string): void {
    if (this.#end !== undefined) return
    const controller = this.#signal.aborted ? this.#forceful : this.#gentle
    controller.abort(reason === undefined ? undefined : new Error(reason))
  }

  async *events(): AsyncGenerator<Event, void, undefined> {
    for (let index = 0; ; ) {
      const event = this.#events[index]
      if (event !== undefined) {
        index += 1
        yield event
      } else if (this.#end !== undefined) return
      else await new Promise<void>((resolve) => this.#waiting.push(resolve))
    }
  }

  async #toTheEnd(request: RunRequest): Promise<RunResult> {
    try {
      const result = await runPipeline({
        ...request,
        signal: this.#signal,
        killSignal: eitherOf(request.killSignal, this.#forceful.signal),
        onEvent: (event) => {
          this.#onEvent(event)
          return request.onEvent?.(event)
        },
      })
      this.#end = result.status
      return result
    } catch (error) {
      this.#end = 'broken'
      throw error
    } finally {
      this.#wake()
    }
  }

  #onEvent(event: Event): void {
    if (event.event === 'pipeline_started') this.#run = event.run
    this.#events.push(event)
    this.#steps.onEvent(event)
    this.#wake()
  }

  #wake(): void {
    for (const resume of this.#waiting.splice(0)) resume()
  }

  #state(): RunStatus['state'] {
    if (this.#end !== undefined) return this.#end
    if (this.#signal.aborted) return 'cancelling'
    return this.#run === undefined ? 'starting' : 'running'
  }
}

function eitherOf(given: AbortSignal | undefined, own: AbortSignal): AbortSignal {
  return given === undefined ? own : AbortSignal.any([given, own])
}
