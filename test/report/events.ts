import type { Event, EventBody } from '../../src/core/index.ts'

/** Returns events as a run emits them: time, run and job are added. */
export function eventsOf(...bodies: readonly EventBody[]): readonly Event[] {
  // Adding what every event has to one member of the union gives that member again, which TypeScript cannot follow.
  return bodies.map((body) => ({ ts: '2026-01-02T03:04:05.000Z', run: 'r1', job: '/jobs/job', ...body }) as Event)
}

const key = 'ab'.repeat(32)

/** A run in which everything happens once. */
export const eventfulRun: readonly Event[] = eventsOf(
  {
    event: 'pipeline_started',
    pipeline: 'subtitles',
    device: 'cpu',
    steps: ['demux', 'recognize', 'translate/es', 'lyrics', 'mux'],
  },
  { event: 'pipeline_resumed', pipeline: 'subtitles', done: 1 },
  { event: 'pipeline_warning', message: 'the last run was on \u001b[31mcuda' },
  { event: 'stage_skipped', stage: 'demux', because: 'cached', key, saved_ms: 83_400 },
  { event: 'artifact_materialized', stage: 'demux', output: 'audio', digest: 'b3:00', path: 'a.wav', how: 'reflink' },
  {
    event: 'stage_cache_miss',
    stage: 'recognize',
    key,
    reasons: [
      { kind: 'changed', path: 'params.language', from: 'en', to: 'es' },
      { kind: 'changed', path: 'inputs.audio', from: `b3:${'12'.repeat(32)}`, to: `b3:${'34'.repeat(32)}` },
      { kind: 'changed', path: 'params.beams', from: undefined, to: 3 },
      { kind: 'changed', path: 'tools.pocketsphinx.version', from: '5', to: '6' },
    ],
  },
  { event: 'stage_running', stage: 'recognize', key, device: 'cpu', attempt: 1 },
  {
    event: 'pipeline_progress',
    steps_done: 1,
    steps_left: 4,
    left_ms: 90_000,
    steps_unknown: 1,
    running: [{ stage: 'recognize', left_ms: 60_000 }],
  },
  { event: 'stage_progress', stage: 'recognize', fraction: 0.1 },
  { event: 'stage_progress', stage: 'recognize', fraction: 0.55, note: 'half of it' },
  { event: 'stage_log', stage: 'recognize', level: 'info', line: 'loaded \u0007the model' },
  { event: 'stage_log', stage: 'recognize', level: 'warn', line: 'the sound is low\r' },
  {
    event: 'stage_retrying',
    stage: 'recognize',
    attempt: 2,
    delay_ms: 2000,
    retry_at: '2026-01-01T00:00:02.000Z',
    failure: { kind: 'stage-failed', step: 'recognize', message: 'no answer\nat all' },
    message: 'no answer\nat all',
  },
  { event: 'stage_running', stage: 'recognize', key, device: 'cpu', attempt: 2 },
  {
    event: 'stage_lint',
    stage: 'recognize',
    finding: 'wrote-outside',
    what: ['a\u001b[31m.txt', 'b', 'c', 'd', 'e', 'f'],
  },
  { event: 'stage_compared', stage: 'demux', differences: [] },
  {
    event: 'stage_compared',
    stage: 'recognize',
    differences: [
      { kind: 'bytes', output: 'speech', offset: 7 },
      { kind: 'only-in', output: 'all', path: 'b', execution: 2 },
    ],
  },
  { event: 'artifact_stored', stage: 'recognize', output: 'speech', digest: 'b3:11', size_bytes: 2048 },
  { event: 'stage_completed', stage: 'recognize', key, duration_ms: 12_345, peak_rss_bytes: 106e6, recorded: false },
  { event: 'stage_cache_miss', stage: 'translate/es', key, reasons: [{ kind: 'never-run' }] },
  { event: 'stage_running', stage: 'translate/es', key, device: 'cpu', attempt: 1 },
  {
    event: 'stage_failed',
    stage: 'translate/es',
    failure: { kind: 'stage-failed', step: 'translate/es', message: 'x' },
    message: 'apertium exited with code 1: \u001b]0;title\u0007no such pair\nsecond line',
  },
  { event: 'stage_skipped', stage: 'lyrics', because: 'condition' },
  { event: 'stage_skipped', stage: 'mux', because: 'upstream', upstream: 'translate/es' },
  { event: 'stage_skipped', stage: 'poster', because: 'failure', failed: 'translate/es' },
  {
    event: 'pipeline_failed',
    pipeline: 'subtitles',
    duration_ms: 14_000,
    executed: 1,
    cached: 1,
    skipped: 2,
    saved_ms: 83_400,
    failed: ['translate/es'],
    message: 'x',
  },
)
