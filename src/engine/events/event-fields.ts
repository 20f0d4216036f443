import { type Event, type EventType, isRecord } from '../../core/index.ts'

type Check = (value: unknown) => boolean
type Fields = Readonly<Record<string, Check>>

const text: Check = (value) => typeof value === 'string'
const amount: Check = (value) => Number.isFinite(value)
const flag: Check = (value) => typeof value === 'boolean'
const time: Check = (value) => typeof value === 'string' && !Number.isNaN(Date.parse(value))
const anything: Check = () => true
const optional =
  (check: Check): Check =>
  (value) =>
    value === undefined || check(value)
const listOf =
  (check: Check): Check =>
  (value) =>
    Array.isArray(value) && value.every(check)
const recordOf =
  (check: Check): Check =>
  (value) =>
    isRecord(value) && Object.values(value).every(check)
const oneOf =
  (...texts: readonly string[]): Check =>
  (value) =>
    texts.some((one) => one === value)
const having =
  (fields: Fields): Check =>
  (value) =>
    isRecord(value) && hasFields(value, fields)

function hasFields(value: Record<string, unknown>, fields: Fields): boolean {
  return Object.entries(fields).every(([name, check]) => check(value[name]))
}

/** Returns whether a value is of one of some kinds, and has the fields of its kind. */
const ofKind =
  (kinds: Readonly<Record<string, Fields>>): Check =>
  (value) => {
    if (!isRecord(value) || typeof value.kind !== 'string' || !Object.hasOwn(kinds, value.kind)) return false
    return hasFields(value, kinds[value.kind] ?? {})
  }

const change = { path: text, from: anything, to: anything }
const reason = ofKind({
  changed: change,
  'also-changed': { path: text, count: amount, atLeast: optional(flag) },
  'never-run': { nearest: optional(listOf(having(change))) },
  'no-result': {},
  evicted: { at: text, by: text },
  missing: { what: text },
  corrupt: { what: text },
  forced: {},
  'not-cacheable': { because: text },
  'remote-slower': { remote: text, sizeBytes: amount, fetchMs: amount, computeMs: amount },
  'remote-refused': { remote: text, what: text },
})
const failure = having({ kind: text })
const difference = having({ kind: text, output: text })
const result = having({ pipeline: text, step: text, job: text, files: listOf(text) })

const started = { pipeline: text, device: text, steps: listOf(text), needs: optional(recordOf(listOf(text))) }
const completedOutput = having({ kind: text, path: text, digest: text })
const ended = {
  pipeline: text,
  duration_ms: amount,
  executed: amount,
  cached: amount,
  skipped: amount,
  saved_ms: amount,
  outputs: optional(recordOf((value) => completedOutput(value) || listOf(completedOutput)(value))),
  outputs_left_out: optional(recordOf(amount)),
}
const stored = { output: text, digest: text }

const fieldsOf = {
  pipeline_started: started,
  pipeline_resumed: { pipeline: text, done: amount },
  pipeline_warning: {
    message: text,
    kept: optional(having({ stage: text, directory: text, files: listOf(text) })),
  },
  pipeline_progress: {
    steps_done: amount,
    steps_left: amount,
    left_ms: optional(amount),
    steps_unknown: amount,
    running: listOf(having({ stage: text, left_ms: optional(amount) })),
  },
  pipeline_completed: ended,
  pipeline_failed: { ...ended, failed: listOf(text), message: text },
  pipeline_cancelled: ended,
  stage_cache_miss: { key: text, reasons: listOf(reason) },
  stage_running: { key: text, device: text, attempt: amount, take: optional(amount) },
  stage_progress: { fraction: amount, note: optional(text) },
  stage_queued: { pool: text, ahead: optional(amount) },
  stage_placed: { worker: text },
  stage_lost: { worker: text, after_ms: amount, count: amount },
  stage_log: { level: oneOf('info', 'warn'), line: text },
  stage_retrying: {
    attempt: amount,
    delay_ms: amount,
    retry_at: time,
    failure,
    message: text,
    params: optional(isRecord),
    device: optional(text),
  },
  stage_skipped: {
    because: oneOf('cached', 'condition', 'upstream', 'failure'),
    key: optional(text),
    saved_ms: optional(amount),
    device: optional(text),
    remote: optional(text),
    scope: optional(text),
    fetched_bytes: optional(amount),
    fetch_ms: optional(amount),
    upstream: optional(text),
    failed: optional(text),
  },
  stage_completed: {
    key: text,
    take: optional(amount),
    duration_ms: amount,
    peak_rss_bytes: optional(amount),
    cpu_time_ms: optional(amount),
    recorded: flag,
  },
  stage_failed: { failure, message: text },
  stage_cancelled: {},
  stage_lint: {
    finding: oneOf('input-changed', 'output-changed', 'wrote-outside', 'process-left'),
    what: listOf(text),
  },
  stage_compared: { differences: listOf(difference) },
  artifact_stored: { ...stored, size_bytes: amount },
  artifact_materialized: { ...stored, path: text, how: oneOf('reflink', 'copy', 'hardlink', 'inline') },
  corrections_taken: { from: text, files: listOf(text), path: text, changed: amount },
  store_collected: {
    max_size_bytes: amount,
    size_bytes: amount,
    freed_bytes: amount,
    results: amount,
    removed: listOf(result),
    still_over: flag,
  },
  results_sent: { remote: text, results: amount, bytes: amount, left: amount },
} as const satisfies Readonly<Record<EventType, Fields>>

const base = { ts: time, run: text, job: text }

/** Returns whether a value has every field of an event that readers rely on: a disk, or a person, may have changed it. */
export function isEvent(value: unknown): value is Event {
  if (!isRecord(value) || typeof value.event !== 'string' || !isEventType(value.event)) return false
  const isOfStep = value.event.startsWith('stage_') || value.event.startsWith('artifact_')
  return hasFields(value, base) && (!isOfStep || text(value.stage)) && hasFields(value, fieldsOf[value.event])
}

function isEventType(name: string): name is EventType {
  return Object.hasOwn(fieldsOf, name)
}
