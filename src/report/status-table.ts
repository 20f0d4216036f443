import type { JobStatus, StepStatus } from '../core/index.ts'
import { countText, durationText, sizeText } from './amounts.ts'
import { columns } from './columns.ts'
import { missLine } from './explanation.ts'
import { printable, printableLines } from './printable.ts'
import type { Style, StyleName } from './style.ts'

/** Returns what is known of a job: its head, then a row a step. */
export function statusTable(status: JobStatus, style: Style): readonly string[] {
  const head = [
    ['job', printable(status.jobDir)],
    ['pipeline', printable(status.pipeline)],
    ...Object.entries(status.inputs).map(([name, path]) => [`input ${printable(name)}`, printable(path)]),
    ['params', paramsText(status.params)],
    ['device', status.device],
    ['state', `${status.state}, ${countText(status.runs, 'run')} since ${status.createdAt}`],
  ]
  const rows = status.steps.map((step) => [
    printable(step.step),
    stateWord(step),
    step.durationMs === undefined ? '' : durationText(step.durationMs),
    step.peakRssBytes === undefined ? '' : sizeText(step.peakRssBytes),
    note(step),
  ])
  const table = columns([['STEP', 'STATE', 'TIME', 'MEMORY', ''], ...rows])
  return [
    ...columns(head),
    ...status.recovered.map((what) => style('yellow', `recovered: ${printable(what)}`)),
    '',
    ...table.map((line, index) => (index === 0 ? style('bold', line) : painted(line, status.steps[index - 1], style))),
    '',
    leftText(status),
  ]
}

function paramsText(params: Readonly<Record<string, unknown>>): string {
  const parts = Object.entries(params).map(([name, value]) => `${name}=${JSON.stringify(value) ?? ''}`)
  return printable(parts.join(' ')) || 'none'
}

function stateWord({ state, cache }: StepStatus): string {
  return state === 'done' && cache === 'hit' ? 'done (hit)' : state === 'not-yet' ? 'not yet' : state
}

function note({ attempts, message, reasons, state }: StepStatus): string {
  const parts = [
    ...(attempts !== undefined && attempts > 1 ? [countText(attempts, 'attempt')] : []),
    ...(message === undefined ? [] : printableLines(message).slice(0, 1)),
    ...(state === 'done' && reasons !== undefined && reasons.length > 0 ? [missLine(reasons)] : []),
  ]
  return parts.join('; ')
}

const stateStyles: Readonly<Partial<Record<StepStatus['state'], StyleName>>> = {
  failed: 'red',
  interrupted: 'yellow',
  skipped: 'dim',
  'not-yet': 'dim',
}

function painted(line: string, step: StepStatus | undefined, style: Style): string {
  const name = step === undefined ? undefined : stateStyles[step.state]
  return name === undefined ? line : style(name, line)
}

function leftText({ steps }: JobStatus): string {
  const left = steps.filter(({ state }) => state !== 'done' && state !== 'skipped').length
  return left === 0 ? 'nothing is left to do' : `${countText(left, 'step')} left: 'reprise run --job' goes on`
}
