import { describe, expect, it } from 'vitest'
import type { Event } from '../../../src/core/index.ts'
import type { LiveArea } from '../../../src/report/terminal/live-area.ts'
import { createLog } from '../../../src/report/terminal/log.ts'
import type { LogLevel } from '../../../src/report/terminal/log-level.ts'
import { terminalReporter } from '../../../src/report/terminal/terminal.ts'
import { plainStyle, styleFor } from '../../../src/report/text/style.ts'
import { eventfulRun, eventsOf } from '../events.ts'

function plainOutput(events: readonly Event[], level: LogLevel): string {
  let text = ''
  const reporter = terminalReporter({
    log: createLog(level, (written) => {
      text += written
    }),
    style: plainStyle,
    now: () => 0,
    showPath: (path) => path.replace('/jobs/', './'),
    logPath: (step) => `/jobs/job/03_${step}/stage.log`,
  })
  for (const event of events) void reporter.listener(event)
  reporter.close()
  return text
}

describe('without a terminal', () => {
  it('tells a run in plain lines', () => {
    expect(plainOutput(eventfulRun, 'info')).toMatchInlineSnapshot(`
      "subtitles: 5 steps on cpu, in ./job
      resuming: 1 step already done
      warning: the last run was on cuda
      demux         SKIPPED    cache hit, saved 1m 23s
      recognize     MISS       params.language "en" -> "es"; inputs.audio b3:12121212.. -> b3:34343434..; params.beams none -> 3; and 1 more
      recognize     RUNNING
      recognize     RUNNING    50%
      recognize: the sound is low\\r
      recognize     RETRY      attempt 2 in 2s: no answer
      recognize     RUNNING    attempt 2
      recognize     LINT       wrote outside its workspace: a.txt, b, c, d, e and 1 more
      demux         COMPARED   executed twice, both results are identical
      recognize     COMPARED   executed twice, the results differ, as its stage declares: speech differs from byte 7 on, and 1 more difference
      recognize     DONE       12.3s, peak 106 MB, not recorded, so it will run again
      translate/es  MISS       never run
      translate/es  RUNNING
      translate/es  FAILED     apertium exited with code 1: no such pair
                               second line
                               log: ./job/03_translate/es/stage.log
      lyrics        SKIPPED    its condition is false
      mux           SKIPPED    it needs 'translate/es', which has no result
      poster        SKIPPED    not started, because 'translate/es' failed
      "
    `)
  })

  it('names no log of a step that was not executed, and the take of one that is', () => {
    const failure = { kind: 'cache-miss', step: 'a', reasons: [] } as const
    const events = eventsOf(
      { event: 'stage_failed', stage: 'a', failure, message: 'it has no result' },
      { event: 'stage_running', stage: 'b', key: 'k', device: 'cpu', attempt: 2, take: 3 },
    )
    expect(plainOutput(events, 'info')).toBe('a  FAILED     it has no result\nb  RUNNING    take 3, attempt 2\n')
  })

  it('lets a long name push only its own line to the right', () => {
    const long = `each/${'x'.repeat(80)}`
    const cancelled = (stage: string) => ({ event: 'stage_cancelled', stage }) as const
    const started = { event: 'pipeline_started', pipeline: 'p', device: 'cpu', steps: ['a', '日本', long] } as const
    const resumed = { event: 'pipeline_resumed', pipeline: 'p', done: 0 } as const
    const events = eventsOf(started, resumed, cancelled('a'), cancelled('日本'), cancelled(long))
    expect(plainOutput(events, 'info').split('\n').slice(1, -1)).toEqual([
      `a${' '.repeat(39)}  CANCELLED`,
      `日本${' '.repeat(36)}  CANCELLED`,
      `${long}  CANCELLED`,
    ])
  })

  it('says with what a step is tried when memory did not suffice', () => {
    const failure = { kind: 'device-out-of-memory', step: 'a', device: 'cuda', message: 'CUDA out of memory' } as const
    const retrying = { attempt: 2, delay_ms: 0, retry_at: '2026-01-02T03:04:05.000Z', failure, message: 'unused' }
    const params = { batch: 4, language: 'e\u{7}s' }
    const events = eventsOf({ event: 'stage_retrying', stage: 'a', ...retrying, params, device: 'cuda' })
    expect(plainOutput(events, 'info')).toBe(
      'a  RETRY      attempt 2 now with batch=4 language="e\\u0007s", on cuda: the device (cuda) ran out of memory: CUDA out of memory\n',
    )
  })

  it('tells everything at the level debug', () => {
    const info = new Set(plainOutput(eventfulRun, 'info').split('\n'))
    const more = plainOutput(eventfulRun, 'debug').split('\n')
    expect(more.filter((line) => !info.has(line))).toMatchInlineSnapshot(`
      [
        "demux: materialized a.wav (reflink)",
        "recognize: loaded \\u{7}the model",
        "recognize: stored speech b3:11 (2.05 kB)",
      ]
    `)
  })

  it('tells warnings and failures at the level warn', () => {
    expect(plainOutput(eventfulRun, 'warn')).toMatchInlineSnapshot(`
      "warning: the last run was on cuda
      recognize: the sound is low\\r
      recognize     RETRY      attempt 2 in 2s: no answer
      recognize     LINT       wrote outside its workspace: a.txt, b, c, d, e and 1 more
      translate/es  FAILED     apertium exited with code 1: no such pair
                               second line
                               log: ./job/03_translate/es/stage.log
      "
    `)
  })

  it('tells failures at the level error', () => {
    expect(plainOutput(eventfulRun, 'error')).toMatchInlineSnapshot(`
      "translate/es  FAILED     apertium exited with code 1: no such pair
                               second line
                               log: ./job/03_translate/es/stage.log
      "
    `)
  })

  it('tells nothing at the level silent', () => expect(plainOutput(eventfulRun, 'silent')).toBe(''))

  it('tells a cancelled step', () => {
    const events = eventsOf({ event: 'stage_cancelled', stage: 'mux' })
    expect(plainOutput(events, 'info')).toBe('mux  CANCELLED\n')
  })

  it('names what went because the store held too much', () => {
    const removed = [{ pipeline: 'subtitles', step: 'mux', job: '/jobs/old', files: ['film.mp4', 'film.mkv'] }]
    const collected = {
      event: 'store_collected',
      max_size_bytes: 1e9,
      size_bytes: 1.2e9,
      freed_bytes: 3e8,
      results: 3,
      removed,
      still_over: false,
    } as const
    expect(plainOutput(eventsOf(collected), 'info')).toBe(
      'the store is over its limit: it holds 1.2 GB of 1 GB; freed 300 MB; removed the results unused for longest: ' +
        'subtitles mux (film.mp4, film.mkv); 2 more\n',
    )
    const nothing = { ...collected, freed_bytes: 0, results: 0, removed: [], still_over: true }
    expect(plainOutput(eventsOf(nothing), 'info')).toContain('because recent runs used all of it')
  })

  it('repeats equal lines', () => {
    const line = { event: 'pipeline_warning', message: 'again' } as const
    expect(plainOutput(eventsOf(line, line, line), 'info')).toBe('warning: again\n'.repeat(3))
  })
})

describe('on a terminal', () => {
  it('draws the running steps below the lines', () => {
    let nowMs = 0
    let screen: string[] = []
    const frames: string[][] = []
    const permanent: string[] = []
    const area: LiveArea = {
      show: (lines) => {
        screen = [...lines]
        frames.push(screen)
      },
      clear: () => {
        screen = []
      },
    }
    const ticks: (() => void)[] = []
    const reporter = terminalReporter({
      log: (_level, line) => {
        expect(screen, 'lines are written where nothing is drawn').toEqual([])
        permanent.push(line)
      },
      style: plainStyle,
      now: () => nowMs,
      showPath: (path) => path,
      logPath: () => undefined,
      openLiveArea: () => area,
      every: (_intervalMs, callback) => {
        ticks.push(callback)
        return () => ticks.splice(0)
      },
    })
    const [started, running, other] = eventsOf(
      { event: 'pipeline_started', pipeline: 'p', device: 'cpu', steps: ['a', 'longer'] },
      { event: 'stage_running', stage: 'a', key: 'k', device: 'cpu', attempt: 1 },
      { event: 'stage_running', stage: 'longer', key: 'k', device: 'cpu', attempt: 1 },
    )
    const [ahead, progress, done, ended] = eventsOf(
      {
        event: 'pipeline_progress',
        steps_done: 0,
        steps_left: 2,
        left_ms: 90_000,
        steps_unknown: 0,
        running: [{ stage: 'a', left_ms: 70_000 }, { stage: 'longer' }],
      },
      { event: 'stage_progress', stage: 'longer', fraction: 0.35, note: 'word \u001b[2J7' },
      { event: 'stage_completed', stage: 'a', key: 'k', duration_ms: 61_000, recorded: true },
      { event: 'pipeline_completed', pipeline: 'p', duration_ms: 1, executed: 1, cached: 0, skipped: 0, saved_ms: 0 },
    )
    const onEvent = (event: Event | undefined) => {
      if (event !== undefined) void reporter.listener(event)
    }
    onEvent(started)
    onEvent(running)
    onEvent(other)
    onEvent(ahead)
    nowMs = 61_500
    onEvent(progress)
    for (const tick of ticks) tick()
    expect(frames.at(-1)).toMatchInlineSnapshot(`
      [
        "a       running  1m 1s  about 9s left",
        "longer  ███████░░░░░░░░░░░░░   35%  1m 1s  about 1m 54s left  word 7",
        "0 of 2 steps done, about 29s left",
      ]
    `)
    onEvent(done)
    expect(frames.at(-1)).toHaveLength(2)
    onEvent(ended)
    expect({ screen, ticks }).toEqual({ screen: [], ticks: [] })
    expect(permanent).toMatchInlineSnapshot(`
      [
        "p: 2 steps on cpu, in /jobs/job",
        "a       DONE       1m 1s",
      ]
    `)
  })
})

describe('colours', () => {
  it.each([
    [true, {}, true],
    [false, {}, false],
    [true, { NO_COLOR: '1' }, false],
    [true, { NO_COLOR: '' }, true],
    [true, { TERM: 'dumb' }, false],
  ])('on a terminal: %s, in %j: %s', (isTerminal, env, coloured) => {
    expect(styleFor(isTerminal, env)('red', 'x').includes('\u001b')).toBe(coloured)
  })
})
