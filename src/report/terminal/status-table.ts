import { join } from 'node:path'
import type { JobStatus, StepStatus, WorkLeft } from '../../core/index.ts'
import { countText, durationText, sizeText } from '../text/amounts.ts'
import { columns } from '../text/columns.ts'
import { correctionsText } from '../text/corrections-text.ts'
import { missLine } from '../text/explanation.ts'
import { printable, printableLines } from '../text/printable.ts'
import { resumeHint } from '../text/resume-hint.ts'
import type { Style, StyleName } from '../text/style.ts'
import { aboutText } from '../text/time-left.ts'

export interface StatusTableOptions {
  /** The steps to show; by default all. */
  readonly rows?: readonly StepStatus[]
  readonly style: Style
  /** Returns a path as the reader would write it. */
  readonly showPath: (path: string) => string
}

/** A run counts once it has ended. */
function stateText({ state, runs, createdAt }: JobStatus): string {
  if (state === 'running' && runs === 0) return `running since ${createdAt}`
  // An interrupted run did not end, but counts.
  const begun = state === 'interrupted' ? runs + 1 : runs
  return `${state}${state === 'running' ? ' again' : ''}, ${countText(begun, 'run')} since ${createdAt}`
}

/** Returns the state of a job: its head, then a row per step. */
export function statusTable(
  status: JobStatus,
  { style, showPath, rows: shown = status.steps }: StatusTableOptions,
): readonly string[] {
  const head = [
    ['job', printable(showPath(status.jobDir))],
    ['pipeline', printable(status.pipeline)],
    ...Object.entries(status.inputs).flatMap(([name, paths]) =>
      [paths].flat().map((path) => [`input ${printable(name)}`, printable(showPath(path))]),
    ),
    ['params', paramsText(status.params)],
    ['device', printable(status.device)],
    ['state', printable(stateText(status))],
    ...(status.corrections === undefined
      ? []
      : [['corrections', correctionsText(status.corrections, (path) => showPath(join(status.jobDir, path)))]]),
  ]
  const rows = shown.map((step) => [
    printable(step.step),
    stateWord(step),
    step.durationMs === undefined ? '' : durationText(step.durationMs),
    step.cpuTimeMs === undefined ? '' : durationText(step.cpuTimeMs),
    step.peakRssBytes === undefined ? '' : sizeText(step.peakRssBytes),
    note(step),
  ])
  const table =
    rows.length === 0 ? ['no such steps'] : columns([['STEP', 'STATE', 'TIME', 'CPU', 'MEMORY', ''], ...rows])
  return [
    ...columns(head),
    ...status.recovered.map((what) => style('yellow', `recovered: ${printable(what)}`)),
    ...status.edited.map((kept) => style('yellow', editedText(kept))),
    '',
    ...table.map((line, index) => (index === 0 ? style('bold', line) : painted(line, shown[index - 1], style))),
    '',
    leftText(status, showPath(status.jobDir)),
  ]
}

function editedText({ directory, files }: JobStatus['edited'][number]): string {
  return printable(`changed by hand, and kept in ${directory}: ${files.join(', ')}`)
}

/** Returns params as a user would type them. */
export function paramsText(params: Readonly<Record<string, unknown>>): string {
  const parts = Object.entries(params).map(([name, value]) => `${name}=${JSON.stringify(value) ?? ''}`)
  return printable(parts.join(' ')) || 'none'
}

function stateWord({ state, cache }: StepStatus): string {
  return state === 'done' && cache === 'hit' ? 'done (hit)' : state === 'not-yet' ? 'not yet' : state
}

function note({ attempts, message, reasons, state, place, fraction, leftMs }: StepStatus): string {
  const parts = [
    ...(place === undefined || state !== 'running' ? [] : [place]),
    ...(fraction === undefined ? [] : [`${Math.floor(fraction * 100)}%`]),
    ...(leftMs === undefined ? [] : [`about ${aboutText(leftMs)}${state === 'running' ? ' left' : ''}`]),
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

function leftText({ steps, state, left }: JobStatus, jobDir: string): string {
  const count = left?.steps ?? steps.filter((step) => step.state !== 'done' && step.state !== 'skipped').length
  if (count === 0) return 'nothing left to do'
  const next = state === 'running' ? 'running now' : resumeHint(jobDir)
  return `${countText(count, 'step')} left${left === undefined ? '' : `, ${timeLeft(left)}`}; ${next}`
}

/** Says how long the remaining steps take, as far as that is known. */
function timeLeft({ steps, durationMs, unknown }: WorkLeft): string {
  if (unknown.length === steps) return `time unknown, because ${steps === 1 ? 'it has' : 'they have'} not run before`
  const about = aboutText(durationMs)
  if (unknown.length === 0) return `about ${about}`
  return `at least ${about}, time unknown for ${unknown.map(printable).join(', ')}`
}
