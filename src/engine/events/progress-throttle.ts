import type { EventBody, EventOf } from '../../core/index.ts'

type Progress = Omit<EventOf<'stage_progress'>, 'ts' | 'run' | 'job'>

/** A tool may tell its progress a thousand times a second; nobody can see more than this. */
const intervalMs = 200

/** Lets the progress of each step pass at most five times a second; what was held back last comes through in the end. */
export class ProgressThrottle {
  readonly #emit: (body: EventBody) => void
  readonly #held = new Map<string, { told: Progress; next?: Progress; timer: NodeJS.Timeout }>()

  constructor(emit: (body: EventBody) => void) {
    this.#emit = emit
  }

  onEvent(body: EventBody): void {
    if (body.event === 'stage_progress') this.#progress(body)
    else {
      if ('stage' in body && body.event !== 'stage_log') this.#release(body.stage)
      this.#emit(body)
    }
  }

  /** Lets what is held back pass. */
  close(): void {
    for (const stage of [...this.#held.keys()]) this.#release(stage)
  }

  #progress(body: Progress): void {
    const held = this.#held.get(body.stage)
    if (held === undefined) {
      this.#emitNow(body)
    } else if (sameProgress(body, held.told)) {
      delete held.next
    } else held.next = body
  }

  #emitNow(body: Progress): void {
    const timer = setTimeout(() => {
      const next = this.#held.get(body.stage)?.next
      this.#held.delete(body.stage)
      if (next !== undefined) this.#emitNow(next)
    }, intervalMs).unref()
    this.#held.set(body.stage, { told: body, timer })
    this.#emit(body)
  }

  #release(stage: string): void {
    const held = this.#held.get(stage)
    if (held === undefined) return
    clearTimeout(held.timer)
    this.#held.delete(stage)
    if (held.next !== undefined) this.#emit(held.next)
  }
}

function sameProgress(a: Progress, b: Progress): boolean {
  return a.fraction === b.fraction && a.note === b.note
}
