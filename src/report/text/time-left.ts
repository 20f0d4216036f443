import { type EventOf, leftMs, type Pace } from '../../core/index.ts'
import { countText, durationText } from './amounts.ts'

/** Returns how long a running step still takes, in words; undefined if that is unknown. */
export function stepLeftText(pace: Pace): string | undefined {
  const left = leftMs(pace)
  if (left === undefined) return undefined
  return left < 0 ? 'longer than last time' : `about ${aboutText(left)} left`
}

/** An estimate that is exceeded by less is right. */
const patienceMs = 2000

/** Returns the progress of a run, in words. `elapsedMs` is the age of the event. */
export function runLeftText(
  { steps_done, steps_left, steps_unknown, left_ms }: EventOf<'pipeline_progress'>,
  elapsedMs: number,
): string {
  const done = `${steps_done} of ${countText(steps_done + steps_left, 'step')} done`
  if (left_ms === undefined) return `${done}, time left unknown, because the others have not run before`
  const rest = left_ms - elapsedMs
  if (steps_unknown === 0 && rest < -patienceMs) return `${done}, longer than last time`
  const about = aboutText(Math.max(0, rest))
  return steps_unknown === 0
    ? `${done}, about ${about} left`
    : `${done}, at least ${about} left, time unknown for ${countText(steps_unknown, 'step')} that ${steps_unknown === 1 ? 'has' : 'have'} not run before`
}

/** Returns how many of a hundred steps are done. */
export function percentDone({ steps_done, steps_left }: EventOf<'pipeline_progress'>): number {
  return Math.floor((100 * steps_done) / Math.max(1, steps_done + steps_left))
}

/** Returns a duration in whole seconds, which is enough for an estimate. */
export function aboutText(durationMs: number): string {
  return durationMs < 1000 ? '1s' : durationText(Math.round(durationMs / 1000) * 1000)
}
