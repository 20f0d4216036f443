import type { Event } from '../../core/index.ts'

/** A step that a run began and that none ended, as of a run that was killed. */
export interface LeftStep {
  readonly step: string
  readonly key: string
  /** The runs that began it. */
  readonly runs: readonly string[]
  /** Whether a worker had it, or it waited for one. */
  readonly isElsewhere: boolean
}

/** Returns the steps that the runs of a job have left, from all of their events: what a later run ended is not left. */
export function leftSteps(events: Iterable<Event>): readonly LeftStep[] {
  const left = new Map<string, LeftStep>()
  const running = new Map<string, string>()
  for (const event of events) {
    if (!('stage' in event)) continue
    const step = event.stage
    const place = `${event.run} ${step}`
    switch (event.event) {
      case 'stage_running': {
        const { key, run } = event
        const before = left.get(key)
        running.set(place, key)
        left.set(key, { step, key, runs: [...(before?.runs ?? []), run], isElsewhere: before?.isElsewhere ?? false })
        break
      }
      case 'stage_queued':
      case 'stage_placed': {
        const one = left.get(running.get(place) ?? '')
        if (one !== undefined) left.set(one.key, { ...one, isElsewhere: true })
        break
      }
      case 'stage_completed':
      case 'stage_failed':
      case 'stage_cancelled':
        left.delete(running.get(place) ?? '')
        break
      case 'stage_skipped':
        if (event.key !== undefined) left.delete(event.key)
        break
    }
  }
  return [...left.values()]
}
