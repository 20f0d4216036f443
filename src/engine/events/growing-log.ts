import { type FSWatcher, watch } from 'node:fs'
import type { Event } from '../../core/index.ts'
import { LineReader, linesFrom } from '../system/line-reader.ts'
import { parseEvent } from './event-log.ts'

/** A log that another process appends to. */
export class GrowingLog {
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
