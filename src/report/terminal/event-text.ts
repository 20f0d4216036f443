import { describeDifference, type EventOf, failureMessage } from '../../core/index.ts'
import { countText, durationText, sizeText } from '../text/amounts.ts'
import { printable, printableLines } from '../text/printable.ts'
import { paramsText } from './status-table.ts'

/** Says what happened to the run as a whole. */
export function runText(event: EventOf<'corrections_taken' | 'store_collected' | 'results_sent'>): string {
  switch (event.event) {
    case 'corrections_taken':
      return takenText(event)
    case 'store_collected':
      return collectedText(event)
    case 'results_sent':
      return sentText(event)
    default:
      return event satisfies never
  }
}

/** Says what a run removed from a store over its limit, or why nothing could go. */
function collectedText(event: EventOf<'store_collected'>): string {
  const { size_bytes, max_size_bytes, freed_bytes, results, removed, still_over } = event
  const names = removed.map(({ pipeline, step, files }) => printable(`${pipeline} ${step} (${files.join(', ')})`))
  const more = results > removed.length ? [`${results - removed.length} more`] : []
  const head = `the store is over its limit: it holds ${sizeText(size_bytes)} of ${sizeText(max_size_bytes)}`
  if (freed_bytes === 0)
    return `${head}; nothing was removed, because recent runs used all of it; a later run removes it`
  const what = results === 0 ? '' : `; removed the results unused for longest: ${[...names, ...more].join('; ')}`
  const rest = still_over ? '; the rest stays, because recent runs used it' : ''
  return `${head}; freed ${sizeText(freed_bytes)}${what}${rest}`
}

/** Says what was sent to the remote, and what is still to be. */
function sentText({ remote, results, bytes, left }: EventOf<'results_sent'>): string {
  const sent =
    results === 0 ? [] : [`sent ${countText(results, 'result')} (${sizeText(bytes)}) to ${printable(remote)}`]
  const rest =
    left === 0 ? [] : [`${countText(left, 'result')} still to be sent; the next run does, or 'reprise remote push'`]
  return [...sent, ...rest].join('; ')
}

/** Says what of a person's changes in a job was taken into its corrections. */
function takenText({ from, files, path, changed }: EventOf<'corrections_taken'>): string {
  const what = changed === 0 ? 'nothing new' : countText(changed, 'correction')
  return printable(`${what} taken from ${files.join(', ')} of step ${from} into ${path}`)
}

const lintFindings = {
  'input-changed': 'changed its input',
  'output-changed': 'an output changed after the step ended:',
  'wrote-outside': 'wrote outside its workspace:',
  'process-left': 'left a process running:',
} as const

/** Says which rule for stages a step broke. */
export function lintText({ finding, what }: EventOf<'stage_lint'>): string {
  const shown = what.slice(0, 5).map(printable)
  const more = what.length - shown.length
  return `${lintFindings[finding]} ${shown.join(', ')}${more > 0 ? ` and ${more} more` : ''}`
}

/** Says how the two results of a step that was executed twice differ. */
export function comparedText({ differences: [first, ...others] }: EventOf<'stage_compared'>): string {
  if (first === undefined) return 'executed twice, both results are identical'
  const more = others.length > 0 ? `, and ${countText(others.length, 'more difference')}` : ''
  return `executed twice, the results differ, as its stage declares: ${printable(describeDifference(first))}${more}`
}

/** Says when and why a step is retried, and with which params if it is to use less memory. */
export function retryText({ attempt, delay_ms, failure, params, device }: EventOf<'stage_retrying'>): string {
  const [reason = ''] = printableLines(failureMessage(failure))
  const when = delay_ms === 0 ? 'now' : `in ${durationText(delay_ms)}`
  const using = params === undefined ? '' : ` with ${paramsText(params)}, on ${printable(device ?? 'the same device')}`
  return `attempt ${attempt} ${when}${using}: ${reason}`
}

/** Says in which queue a step waits for a worker. */
export function queuedText({ pool, ahead }: EventOf<'stage_queued'>): string {
  return `${printable(pool)}${ahead === undefined || ahead === 0 ? '' : `: ${ahead} before it`}`
}

/** Says which worker ended or fell silent. */
export function lostText({ worker, after_ms }: EventOf<'stage_lost'>): string {
  const what = after_ms === 0 ? 'ended' : `was silent for ${durationText(after_ms)}`
  return `${printable(worker)} ${what}; another worker takes the step`
}
