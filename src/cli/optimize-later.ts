import type { Event, EventType } from '../core/index.ts'

/** From so many steps on, what their look-ups have V8 compile counts. */
const manySteps = 250

/** V8's own default on Node 20, in bytes of bytecode that a function runs before it is optimized, and eight times that. */
const usual = '--interrupt-budget=67584'
const late = '--interrupt-budget=540672'

const usualAgainAt: ReadonlySet<EventType> = new Set([
  'stage_running',
  'pipeline_completed',
  'pipeline_failed',
  'pipeline_cancelled',
])

export interface OptimizeLaterOptions {
  readonly v8Version?: string
  readonly setFlags?: (flags: string) => void
}

/**
 * Returns a listener that has V8 optimize later while a run of many steps looks them up: a thousand that hit are over
 * before the optimized code pays, and compiling it took a third of their time. What a step executes is optimized as ever.
 * Only Node 20 is told so: the flag is V8's own, and later ones compile in between.
 */
export function optimizeLater({
  v8Version = process.versions.v8,
  setFlags = (flags) => process.getBuiltinModule('node:v8').setFlagsFromString(flags),
}: OptimizeLaterOptions = {}): (event: Event) => void {
  let isLate = false
  return (event) => {
    if (event.event === 'pipeline_started' && event.steps.length >= manySteps && v8Version.startsWith('11.')) {
      isLate = true
      setFlags(late)
    } else if (isLate && usualAgainAt.has(event.event)) {
      isLate = false
      setFlags(usual)
    }
  }
}
