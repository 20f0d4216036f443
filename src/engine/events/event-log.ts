import { closeSync, fstatSync, readSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import type { Event } from '../../core/index.ts'
import { LineReader, linesFrom } from '../system/line-reader.ts'
import { openToAppend, openToRead } from '../system/open-file.ts'
import { isEvent } from './event-fields.ts'

/**
 * Appends every event to `events.jsonl`, as long as the run holds its job. Events of one turn of the event loop share a
 * write; a start is written at once.
 */
export class EventLog {
  /** The path of the log, if it was a symbolic link, which is not followed. */
  readonly replacedLink: string | undefined
  readonly #file: number
  readonly #holdsJob: () => boolean
  #pending: string[] = []
  #scheduled: NodeJS.Immediate | undefined

  constructor(jobDir: string, holdsJob: () => boolean) {
    const path = join(jobDir, 'events.jsonl')
    this.#holdsJob = holdsJob
    const { file, sizeBytes, isLinkReplaced } = openToAppend(path)
    this.#file = file
    if (isLinkReplaced) this.replacedLink = path
    // A run that was killed while it wrote may have left half a line, which would spoil the first event of this run.
    if (!endsWithLine(file, sizeBytes)) this.#pending.push('\n')
  }

  append(event: Event): void {
    this.#pending.push(`${JSON.stringify(event)}\n`)
    // What starts now may block this process or kill it, so its start is written first.
    if (event.event === 'pipeline_started' || event.event === 'stage_running') this.#flush()
    else this.#scheduled ??= setImmediate(() => this.#flush())
  }

  close(): void {
    this.#flush()
    closeSync(this.#file)
  }

  /** A full disk loses events, never the run: the manifests and the store hold the same facts. */
  #flush(): void {
    clearImmediate(this.#scheduled)
    this.#scheduled = undefined
    const lines = Buffer.from(this.#pending.join(''))
    this.#pending = []
    if (!this.#holdsJob()) return
    try {
      for (let written = 0; written < lines.length; ) written += writeSync(this.#file, lines, written)
    } catch {
      // Half a line would spoil the next event.
      this.#pending.push('\n')
    }
  }
}

function endsWithLine(file: number, sizeBytes: number): boolean {
  const last = Buffer.alloc(1)
  return sizeBytes === 0 || (readSync(file, last, 0, 1, sizeBytes - 1) === 1 && last[0] === 0x0a)
}

/** Returns the events of every run of a job, in order. Invalid lines are left out. */
export async function readJobEvents(jobDir: string): Promise<readonly Event[]> {
  const reader = new LineReader()
  const events: Event[] = []
  const take = (lines: readonly string[]) => {
    for (const line of lines) {
      const event = parseEvent(line)
      if (event !== undefined) events.push(event)
    }
  }
  try {
    for (const lines of linesFrom(join(jobDir, 'events.jsonl'), reader)) take(lines)
  } catch {
    // What can be read of it is better than nothing.
  }
  take(reader.end())
  return events
}

/** A run's end is far shorter; a message may be longer, and the part before it is then read, too. */
const tailBytes = 64 * 1024
const longestTailBytes = 64 * 1024 * 1024

/** Returns the last event of a job, from the end of its log alone. */
export function readLastEvent(jobDir: string): Event | undefined {
  const file = openToRead(join(jobDir, 'events.jsonl'))
  if (file === undefined) return undefined
  try {
    const { size } = fstatSync(file)
    for (let wanted = tailBytes; ; wanted *= 8) {
      const bytes = Buffer.alloc(Math.min(size, wanted))
      const tail = bytes.subarray(0, readSync(file, bytes, 0, bytes.length, size - bytes.length))
      for (const line of tail.toString('utf8').trimEnd().split('\n').reverse()) {
        const event = parseEvent(line)
        if (event !== undefined) return event
      }
      if (bytes.length === size || wanted >= longestTailBytes) return undefined
    }
  } catch {
    return undefined
  } finally {
    closeSync(file)
  }
}

/** Returns the event on a line of the log, or undefined where the line is invalid. */
export function parseEvent(line: string): Event | undefined {
  if (line === '') return undefined
  try {
    const value: unknown = JSON.parse(line)
    return isEvent(value) ? value : undefined
  } catch {
    return undefined
  }
}
