import { closeSync, fstatSync, openSync, readSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import type { Event, EventType } from '../../core/index.ts'
import { readText } from '../system/read-text.ts'

/**
 * Appends every event to `events.jsonl`. Events of one turn of the event loop share a write; a start is written at
 * once.
 */
export class EventLog {
  readonly #file: number
  #pending: string[] = []
  #scheduled: NodeJS.Immediate | undefined

  constructor(jobDir: string) {
    this.#file = openSync(join(jobDir, 'events.jsonl'), 'a+')
    // A run that was killed while it wrote may have left half a line, which would spoil the first event of this run.
    if (!endsWithLine(this.#file)) this.#pending.push('\n')
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
    try {
      for (let written = 0; written < lines.length; ) written += writeSync(this.#file, lines, written)
    } catch {
      // Half a line would spoil the next event.
      this.#pending.push('\n')
    }
  }
}

function endsWithLine(file: number): boolean {
  const { size } = fstatSync(file)
  const last = Buffer.alloc(1)
  return size === 0 || (readSync(file, last, 0, 1, size - 1) === 1 && last[0] === 0x0a)
}

/** Returns the events of every run of a job, in order. Invalid lines are left out. */
export async function readJobEvents(jobDir: string): Promise<readonly Event[]> {
  const text = readText(join(jobDir, 'events.jsonl'))
  return (text ?? '').split('\n').flatMap((line) => {
    const event = parseEvent(line)
    return event === undefined ? [] : [event]
  })
}

/** An event with a long message may fill this, and the one before it is then taken; a run's end is far shorter. */
const tailBytes = 64 * 1024

/** Returns the last event of a job, from the end of its log alone. */
export function readLastEvent(jobDir: string): Event | undefined {
  const bytes = readTail(join(jobDir, 'events.jsonl'))
  for (const line of bytes.toString('utf8').trimEnd().split('\n').reverse()) {
    const event = parseEvent(line)
    if (event !== undefined) return event
  }
  return undefined
}

function readTail(path: string): Buffer {
  let file: number
  try {
    file = openSync(path, 'r')
  } catch {
    return Buffer.alloc(0)
  }
  try {
    const { size } = fstatSync(file)
    const bytes = Buffer.alloc(Math.min(size, tailBytes))
    return bytes.subarray(0, readSync(file, bytes, 0, bytes.length, size - bytes.length))
  } catch {
    return Buffer.alloc(0)
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

const eventTypes = {
  pipeline_started: true,
  pipeline_resumed: true,
  pipeline_warning: true,
  pipeline_progress: true,
  pipeline_completed: true,
  pipeline_failed: true,
  pipeline_cancelled: true,
  stage_cache_miss: true,
  stage_running: true,
  stage_progress: true,
  stage_log: true,
  stage_retrying: true,
  stage_skipped: true,
  stage_completed: true,
  stage_failed: true,
  stage_cancelled: true,
  stage_lint: true,
  stage_compared: true,
  artifact_stored: true,
  artifact_materialized: true,
  store_collected: true,
} as const satisfies Readonly<Record<EventType, true>>

/** Checks what every event has; the log is the runner's own, and a reader treats each field as it finds it. */
function isEvent(value: unknown): value is Event {
  if (typeof value !== 'object' || value === null || !('event' in value) || typeof value.event !== 'string')
    return false
  if (!('ts' in value && typeof value.ts === 'string' && 'run' in value && typeof value.run === 'string')) return false
  return (
    Object.hasOwn(eventTypes, value.event) &&
    (!value.event.startsWith('stage_') || ('stage' in value && typeof value.stage === 'string'))
  )
}
