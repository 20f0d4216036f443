import { describeReason, type Event, type EventOf, type Reason, type StepStatus } from '../../core/index.ts'
import { durationText, sizeText } from './amounts.ts'
import { columns } from './columns.ts'
import { printable, printableLines } from './printable.ts'
import type { Style } from './style.ts'

const shownReasons = 3

/** Returns why a step was a cache miss, in one line: `params.maxLineChars 42 -> 32`. */
export function missLine(reasons: readonly Reason[]): string {
  if (reasons.length === 0) return 'the reason is unknown'
  const places = reasons.filter(({ kind }) => kind !== 'also-changed')
  const shown = places.slice(0, shownReasons).map((reason) => printable(describeReason(reason)))
  const counted = reasons.reduce((sum, reason) => sum + (reason.kind === 'also-changed' ? reason.count : 1), 0)
  const more = counted - shown.length
  return [...shown, ...(more > 0 ? [`and ${more} more`] : [])].join('; ')
}

/** Returns why a step was not executed, in one line; `hit` is what it says of a cache hit. */
export function skipLine(skip: EventOf<'stage_skipped'>, hit: string): string {
  switch (skip.because) {
    case 'cached':
      return [
        skip.remote === undefined ? hit : fetchedText(skip, skip.remote),
        ...(skip.saved_ms === undefined ? [] : [`saved ${durationText(skip.saved_ms)}`]),
        ...(skip.device === undefined ? [] : [`computed on ${printable(skip.device)}`]),
      ].join(', ')
    case 'condition':
      return 'its condition is false'
    case 'upstream':
      return skip.upstream === undefined
        ? 'it needs a step that has no result'
        : `it needs '${printable(skip.upstream)}', which has no result`
    case 'failure':
      return skip.failed === undefined
        ? 'not started, because another step failed'
        : `not started, because '${printable(skip.failed)}' failed`
    default:
      return skip.because satisfies never
  }
}

/** Says of a hit where it came from: `from /mnt/cache (main), 1.2 GB in 9s`. */
function fetchedText({ scope, fetched_bytes, fetch_ms }: EventOf<'stage_skipped'>, remote: string): string {
  const where = `from ${printable(remote)}${scope === undefined ? '' : ` (${printable(scope)})`}`
  if (fetched_bytes === undefined || fetch_ms === undefined) return where
  return `${where}, ${sizeText(fetched_bytes)} in ${durationText(fetch_ms)}`
}

/** The last decision about a step: hit, miss or skipped. */
export type Decision = EventOf<'stage_cache_miss'> | EventOf<'stage_skipped'>

/** Returns the last decision about each step, in all runs of a job. */
export function lastDecisions(events: readonly Event[]): ReadonlyMap<string, Decision> {
  const decisions = new Map<string, Decision>()
  for (const event of events) {
    if (event.event === 'stage_cache_miss' || event.event === 'stage_skipped') decisions.set(event.stage, event)
  }
  return decisions
}

/** Returns a line for each step: hit or miss, and why. `inFull` gives each reason a line of its own, and the key. */
export function explainSteps(
  steps: readonly StepStatus[],
  decisions: ReadonlyMap<string, Decision>,
  { inFull, style }: { readonly inFull: boolean; readonly style: Style },
): readonly string[] {
  const rows = steps.map((step) => {
    const decision = decisions.get(step.step)
    return [printable(step.step), decisionWord(decision), decisionText(step, decision)]
  })
  if (!inFull) return columns(rows)
  return steps.flatMap((step) => {
    const decision = decisions.get(step.step)
    const reasons = decision?.event === 'stage_cache_miss' ? decision.reasons : []
    const why =
      reasons.length > 0 ? reasons.map((reason) => printable(describeReason(reason))) : [decisionText(step, decision)]
    return [
      style('bold', `${printable(step.step)}  ${decisionWord(decision)}`),
      ...[...why, ...stateLines(step)].map((line) => `  ${line}`),
      ...(step.key === undefined ? [] : [`  key: ${step.key}`]),
    ]
  })
}

function decisionWord(decision: Decision | undefined): string {
  if (decision === undefined) return '-'
  if (decision.event === 'stage_cache_miss') return 'MISS'
  return decision.because === 'cached' ? 'HIT' : 'SKIPPED'
}

function decisionText(step: StepStatus, decision: Decision | undefined): string {
  if (decision === undefined) return 'not run yet'
  if (decision.event === 'stage_cache_miss') return missLine(decision.reasons) + stateText(step)
  return skipLine(decision, 'nothing changed')
}

function stateText(step: StepStatus): string {
  return stateLines(step)
    .slice(0, 1)
    .map((line) => `; ${line}`)
    .join('')
}

function stateLines({ state, message }: StepStatus): readonly string[] {
  if (state === 'interrupted') return ['then interrupted']
  if (state !== 'failed') return []
  const [first = '', ...others] = printableLines(message ?? '')
  return [`then failed: ${first}`, ...others]
}
