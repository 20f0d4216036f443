import { failureMessage, hasOpenItems } from '../../core/index.ts'
import type { PlanTime, PredictedRun, RunPlan, StepForecast } from '../../engine/index.ts'
import { countText, durationText } from '../../report/text/amounts.ts'
import { columns } from '../../report/text/columns.ts'
import { missLine } from '../../report/text/explanation.ts'
import { printable, printableLines } from '../../report/text/printable.ts'
import type { Style } from '../../report/text/style.ts'

/** Returns what a run would do, a line a step, and a total with about how long it takes. */
export function forecastLines({ plan, time }: PredictedRun, style: Style): readonly string[] {
  const rows = plan.map((forecast) => {
    const ms = time.stepMs[forecast.step]
    const about = ms === undefined ? '' : `, about ${durationText(ms)}`
    return [printable(forecast.step), forecast.kind.toUpperCase(), forecastText(forecast) + about]
  })
  const count = (kind: StepForecast['kind']) => plan.filter((forecast) => forecast.kind === kind).length
  return [...columns(rows), style('bold', `${boundsText(plan)}, ${countText(count('hit'), 'hit')}${timeText(time)}`)]
}

/** Returns the same as JSON, a line a step, and one with the time of the run. */
export function forecastJson({ plan, time }: PredictedRun): readonly string[] {
  const { stepMs, ...run } = time
  const lines = plan.map((forecast) => {
    const aboutMs = stepMs[forecast.step]
    return { ...forecast, ...(aboutMs === undefined ? {} : { aboutMs }) }
  })
  return [...lines, { kind: 'time', ...run }].map((line) => JSON.stringify(line))
}

/** Says how long a run takes at least and at most, as far as that is known. */
function timeText({ leastMs, mostMs, unknown, stepMs }: PlanTime): string {
  const rest = unknown.length === 0 ? '' : `time unknown for ${countText(unknown.length, 'step')}`
  if (Object.keys(stepMs).length === 0) return rest === '' ? '' : `; ${rest}`
  const about =
    leastMs === mostMs || leastMs === 0
      ? `${leastMs === mostMs ? 'about' : 'at most'} ${durationText(mostMs)}`
      : `about ${durationText(leastMs)}, at most ${durationText(mostMs)}`
  return `; ${about}${rest === '' ? '' : `, ${rest}`}`
}

/** Says how many steps a run would execute at least and at most. */
function boundsText(plan: RunPlan): string {
  const stuck = new Set<string>()
  let [least, most, total] = [0, 0, 0]
  let isOpen = false
  for (const forecast of plan) {
    const { step, kind } = forecast
    if (kind === 'blocked' || (kind === 'unknown' && forecast.after.some((other) => stuck.has(other)))) stuck.add(step)
    else if (kind === 'unknown' && hasOpenItems(step)) isOpen = true
    else if (kind === 'miss' || kind === 'unknown') {
      most += 1
      if (kind === 'miss' || forecast.certain === true) least += 1
    }
    if (!hasOpenItems(step)) total += 1
  }
  if (isOpen)
    return `would execute at least ${least} of ${countText(total, 'step')}, and items that a step has yet to list`
  return `would execute ${least}${most > least ? ` to ${most}` : ''} of ${countText(total, 'step')}`
}

function forecastText(forecast: StepForecast): string {
  switch (forecast.kind) {
    case 'hit':
      return [
        `saves ${durationText(forecast.savedMs)}`,
        ...(forecast.device === undefined ? [] : [`computed on ${forecast.device}`]),
        ...(forecast.remote === undefined ? [] : [`from ${printable(forecast.remote)}`]),
      ].join(', ')
    case 'miss':
      return missLine(forecast.reasons)
    case 'unknown':
      if (forecast.certain === true) return `after ${printable(forecast.after.join(', '))}: forced`
      return `after ${printable(forecast.after.join(', '))}: a hit if ${forecast.after.length === 1 ? 'that gives' : 'those give'} the same bytes as before`
    case 'skipped':
      return forecast.because === 'condition' ? 'its condition is false' : 'not selected'
    case 'blocked':
      return printableLines(failureMessage(forecast.failure)).slice(0, 1).join('')
    default:
      return forecast satisfies never
  }
}
