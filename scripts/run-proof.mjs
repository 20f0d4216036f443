/** Returns the events in what `reprise --json` printed, one a line; a line that is no event is an error. */
export function parseEvent(line) {
  const event = JSON.parse(line)
  if (typeof event !== 'object' || event === null || typeof event.event !== 'string') {
    throw new TypeError(`not an event: ${line}`)
  }
  return event
}

/** Returns the steps that were executed, each once, in the order in which they began. */
export function executedSteps(events) {
  return [...new Set(events.filter((event) => event.event === 'stage_running').map((event) => event.stage))]
}

/** Returns the steps that were not executed because their result was there. */
export function hits(events) {
  return events
    .filter((event) => event.event === 'stage_skipped' && event.because === 'cached')
    .map((event) => event.stage)
}

/** Returns the event that ends a run that completed. */
export function summaryOf(events) {
  return events.find((event) => event.event === 'pipeline_completed')
}

/** Returns the paths of the action that changed, and the kinds of other reasons, for the misses of a step. */
export function missReasons(events, step) {
  return events
    .filter((event) => event.event === 'stage_cache_miss' && baseName(event.stage) === step)
    .flatMap((event) => event.reasons.map((reason) => reason.path ?? reason.kind))
}

/** Returns a step's name without the item of a fan-out: `translate` for `translate/es`. */
export function baseName(step) {
  return step.split('/')[0]
}
