import type { EventBody, EventOf } from '../../core/index.ts'

type Progress = Omit<EventOf<'stage_progress'>, 'ts' | 'run' | 'job'>

/** A tool may report its progress a thousand times a second; people cannot see more than this. */
const intervalMs = 200

/** Passes on the progress of each step at most five times a second. The last report always gets through. */
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

  /** Passes on what was held back. */
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
