import { describeFailure } from '../../core/index.ts'
import type { RunPlan, StepForecast } from '../../engine/index.ts'
import { durationText } from '../../report/text/amounts.ts'
import { columns } from '../../report/text/columns.ts'
import { missLine } from '../../report/text/explanation.ts'
import { printable, printableLines } from '../../report/text/printable.ts'
import type { Style } from '../../report/text/style.ts'

/** Returns what a run would do, a line a step, and what that amounts to. */
export function forecastLines(plan: RunPlan, style: Style): readonly string[] {
  const rows = plan.map((forecast) => [printable(forecast.step), forecast.kind.toUpperCase(), forecastText(forecast)])
  const count = (kind: StepForecast['kind']) => plan.filter((forecast) => forecast.kind === kind).length
  const unknown = count('unknown')
  const total = `would execute ${count('miss')}${unknown > 0 ? ` to ${count('miss') + unknown}` : ''} of ${plan.length} steps`
  return [...columns(rows), style('bold', total)]
}

function forecastText(forecast: StepForecast): string {
  switch (forecast.kind) {
    case 'hit':
      return `saves ${durationText(forecast.savedMs)}${forecast.device === undefined ? '' : `, made on ${forecast.device}`}`
    case 'miss':
      return missLine(forecast.reasons)
    case 'unknown':
      return `comes after ${printable(forecast.after.join(', '))}: a hit if that gives the same bytes as before`
    case 'skipped':
      return forecast.because === 'condition' ? 'its condition does not hold' : 'not selected'
    case 'blocked':
      return printableLines(describeFailure(forecast.failure)).slice(0, 1).join('')
    default:
      return forecast satisfies never
  }
}
