import { describe, expect, it } from 'vitest'
import type { EventOf } from '../../../src/core/index.ts'
import { runLeftText, stepLeftText } from '../../../src/report/text/time-left.ts'
import { eventsOf } from '../events.ts'

describe('the time left of a step', () => {
  it.each([
    [{ elapsedMs: 10_000 }, undefined],
    [{ elapsedMs: 10_000, historyLeftMs: 20_400 }, 'about 20s left'],
    [{ elapsedMs: 10_000, historyLeftMs: 200 }, 'about 1s left'],
    [{ elapsedMs: 10_000, historyLeftMs: -1 }, 'longer than last time'],
    [{ elapsedMs: 10_000, historyLeftMs: 20_000, fraction: 0.04 }, 'about 20s left'],
    [{ elapsedMs: 10_000, historyLeftMs: -20_000, fraction: 0.1 }, 'about 1m 30s left'],
    [{ elapsedMs: 10_000, fraction: 0.01 }, undefined],
  ])('%j: %s', (pace, text) => expect(stepLeftText(pace)).toBe(text))
})

describe('the time left of a run', () => {
  const told = (known: { left_ms?: number; steps_unknown: number }) => {
    const counts = { steps_done: 2, steps_left: 3, running: [] }
    return eventsOf({ event: 'pipeline_progress', ...counts, ...known })[0] as EventOf<'pipeline_progress'>
  }

  it.each([
    [{ left_ms: 90_000, steps_unknown: 0 }, 0, '2 of 5 steps done, about 1m 30s left'],
    [{ left_ms: 90_000, steps_unknown: 0 }, 60_000, '2 of 5 steps done, about 30s left'],
    [{ left_ms: 90_000, steps_unknown: 0 }, 91_000, '2 of 5 steps done, about 1s left'],
    [{ left_ms: 90_000, steps_unknown: 0 }, 600_000, '2 of 5 steps done, longer than last time'],
    [
      { left_ms: 90_000, steps_unknown: 1 },
      0,
      '2 of 5 steps done, at least 1m 30s left, time unknown for 1 step that has not run before',
    ],
    [{ steps_unknown: 3 }, 0, '2 of 5 steps done, time left unknown, because the others have not run before'],
  ])('%j after %d ms: %s', (known, elapsedMs, text) => expect(runLeftText(told(known), elapsedMs)).toBe(text))
})
