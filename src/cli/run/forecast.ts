import { failureMessage } from '../../core/index.ts'
import type { RunPlan, StepForecast } from '../../engine/index.ts'
import { countText, durationText } from '../../report/text/amounts.ts'
import { columns } from '../../report/text/columns.ts'
import { missLine } from '../../report/text/explanation.ts'
import { printable, printableLines } from '../../report/text/printable.ts'
import type { Style } from '../../report/text/style.ts'

/** Returns what a run would do, a line a step, and a total. */
export function forecastLines(plan: RunPlan, style: Style): readonly string[] {
  const rows = plan.map((forecast) => [printable(forecast.step), forecast.kind.toUpperCase(), forecastText(forecast)])
  const count = (kind: StepForecast['kind']) => plan.filter((forecast) => forecast.kind === kind).length
  const unknown = count('unknown')
  const most = unknown > 0 ? ` to ${count('miss') + unknown}` : ''
  const total = `would execute ${count('miss')}${most} of ${countText(plan.length, 'step')}, ${countText(count('hit'), 'hit')}`
  return [...columns(rows), style('bold', total)]
}

function forecastText(forecast: StepForecast): string {
  switch (forecast.kind) {
    case 'hit':
      return `saves ${durationText(forecast.savedMs)}${forecast.device === undefined ? '' : `, computed on ${forecast.device}`}`
    case 'miss':
      return missLine(forecast.reasons)
    case 'unknown':
      return `after ${printable(forecast.after.join(', '))}: a hit if ${forecast.after.length === 1 ? 'that gives' : 'those give'} the same bytes as before`
    case 'skipped':
      return forecast.because === 'condition' ? 'its condition is false' : 'not selected'
    case 'blocked':
      return printableLines(failureMessage(forecast.failure)).slice(0, 1).join('')
    default:
      return forecast satisfies never
  }
}
