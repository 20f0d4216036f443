import { type EventOf, leftMs, type Pace } from '../../core/index.ts'
import { countText, durationText } from './amounts.ts'

/** Returns how long a running step still takes, in words; nothing where nothing is known. */
export function stepLeftText(pace: Pace): string | undefined {
  const left = leftMs(pace)
  if (left === undefined) return undefined
  return left < 0 ? 'longer than before' : `about ${aboutText(left)} left`
}

/** Returns how far a run is, in words. `elapsedMs` is how long ago that was told. */
export function runLeftText(
  { steps_done, steps_left, steps_unknown, left_ms }: EventOf<'pipeline_progress'>,
  elapsedMs: number,
): string {
  const done = `${steps_done} of ${countText(steps_done + steps_left, 'step')} done`
  if (left_ms === undefined) return `${done}, the time left is unknown: the others have not been run before`
  const about = aboutText(Math.max(0, left_ms - elapsedMs))
  return steps_unknown === 0
    ? `${done}, about ${about} left`
    : `${done}, at least ${about} left, and an unknown time for ${countText(steps_unknown, 'step')} not run before`
}

/** Returns a duration in whole seconds: what is only about right needs no more. */
export function aboutText(durationMs: number): string {
  return durationMs < 1000 ? '1s' : durationText(Math.round(durationMs / 1000) * 1000)
}
