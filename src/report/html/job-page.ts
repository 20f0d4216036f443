import {
  describeReason,
  html,
  Markup,
  nameInId,
  type ReportedJob,
  type ReportedStep,
  reportStyle,
} from '../../core/index.ts'
import { countText, durationText, sizeText } from '../text/amounts.ts'
import { outputCards } from './outputs.ts'
import { pageStyle } from './page-style.ts'
import { timeline } from './timeline.ts'

export interface JobPageOptions {
  /** Returns the address of a file of the job from where the page is. */
  readonly linkTo: (path: string) => string
  /** How the job directory is called on a command line. */
  readonly jobPath: string
}

/** Returns the report of a job as one page, which needs no network; the files of its outputs are linked. */
export function jobPage(report: ReportedJob, { linkTo, jobPath }: JobPageOptions): string {
  const { pipeline, job, state, steps, run, warnings, outputs } = report
  const failed = steps.filter((step) => step.state === 'failed')
  const graph = timeline(steps, run?.durationMs ?? 0)
  return html`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; img-src data:; media-src 'self' data: file:">
<title>${pipeline}: ${job}</title><style>${new Markup(reportStyle + pageStyle)}</style></head><body><main>
<h1>${job} <span class="tag status ${state}">${stateText(state)}</span></h1>
<p class="soft">${pipeline} on ${report.device}${run === undefined ? undefined : `, last run ${run.startedAt.slice(0, 19).replace('T', ' ')} UTC`}</p>
${tiles(report)}
${failed.length === 0 ? undefined : html`<h2>${countText(failed.length, 'failed step')}</h2>${failed.map((step) => failureCard(step, jobPath))}`}
${warnings.length === 0 ? undefined : html`<h2>Warnings</h2><section class="card">${warnings.map((warning) => html`<p class="warn">${warning}</p>`)}</section>`}
${outputs.length === 0 ? undefined : html`<h2>Outputs</h2>${outputCards(outputs, linkTo)}`}
${graph === undefined ? undefined : html`<h2>Last run</h2><section class="card">${graph}</section>`}
<h2>Steps</h2><section class="card scroll">${stepTable(steps)}</section>
<h2>How it was made</h2><section class="card"><dl>${facts(report, jobPath)}</dl></section>
</main></body></html>
`.text
}

function stateText(state: ReportedJob['state'] | ReportedStep['state']): string {
  return state.replace('-', ' ')
}

function tiles({ run, steps }: ReportedJob): Markup {
  const tile = (value: string, label: string) =>
    html`<div class="tile"><b>${value}</b><span class="soft small">${label}</span></div>`
  const done = steps.filter(({ state }) => state === 'done').length
  if (run === undefined) return html`<div class="tiles">${tile(`${done} of ${steps.length}`, 'steps done')}</div>`
  return html`<div class="tiles">${tile(durationText(run.durationMs), 'last run')}${tile(String(run.executed), 'executed')}
${tile(String(run.cached), 'cache hits')}${run.savedMs === 0 ? undefined : tile(durationText(run.savedMs), 'saved')}${tile(`${done} of ${steps.length}`, 'steps done')}</div>`
}

function failureCard({ step, message = '', logTail, directory }: ReportedStep, jobPath: string): Markup {
  return html`<section class="card bad-card"><h3>${step}</h3><p class="bad">${message}</p>
${logTail === undefined || logTail.join('') === '' ? undefined : html`<pre>${logTail.join('\n')}</pre><p class="soft small">the end of ${directory ?? ''}/stage.log</p>`}
<p class="small">Fix the problem, then resume with <code>reprise run --job ${jobPath}</code></p></section>`
}

function stepTable(steps: readonly ReportedStep[]): Markup {
  const groups = new Map<string, ReportedStep[]>()
  for (const step of steps) groups.set(nameInId(step.step), [...(groups.get(nameInId(step.step)) ?? []), step])
  const rows = [...groups].flatMap(([name, items]) => {
    const [first] = items
    if (items.length === 1 && first !== undefined) return [rowOf(first)]
    const done = items.filter(({ state }) => state === 'done').length
    const total = items.reduce((sum, { durationMs = 0 }) => sum + durationMs, 0)
    return [
      html`<tr><td><b>${name}</b></td><td>${done} of ${items.length} done</td><td></td><td class="num">${durationText(total)}</td><td></td><td></td></tr>`,
      ...items.map(rowOf),
    ]
  })
  return html`<table><tr><th>Step</th><th>State</th><th>Why</th><th>Took</th><th>Memory</th><th>Tools</th></tr>${rows}</table>`
}

function rowOf(step: ReportedStep): Markup {
  const { state, cache, savedMs, remote, reasons = [], durationMs, peakRssBytes, tools } = step
  const hit = state === 'done' && savedMs !== undefined
  const why = hit
    ? `${remote === undefined ? 'cache hit' : `from ${remote}`}, saved ${durationText(savedMs)}`
    : reasons.map(describeReason).join('; ')
  // HTML needs no end of a cell or row; of ten thousand rows, those are a fifth of the page.
  return html`<tr><td>${step.step}</td><td><span class="tag ${state}">${hit || (state === 'done' && cache === 'hit') ? 'hit' : stateText(state)}</span>
<td>${why}<td class="num">${durationMs === undefined ? '' : durationText(durationMs)}
<td class="num">${peakRssBytes === undefined ? '' : sizeText(peakRssBytes)}<td class="soft">${tools.join(', ')}`
}

function facts({ inputs, params, device, createdAt, runs, steps }: ReportedJob, jobPath: string): readonly Markup[] {
  const fact = (name: string, value: string) => html`<dt>${name}</dt><dd>${value}</dd>`
  const tools = [...new Set(steps.flatMap((step) => step.tools))].sort()
  return [
    ...Object.entries(inputs).map(([name, path]) => fact(`input ${name}`, [path].flat().join(', '))),
    ...Object.entries(params).map(([name, value]) => fact(name, JSON.stringify(value) ?? '')),
    fact('device', device),
    fact('tools', tools.join(', ') || 'none'),
    fact('first run', createdAt),
    fact('runs', String(runs)),
    html`<dt>run again</dt><dd><code>reprise run --job ${jobPath}</code></dd>`,
    html`<dt>why a step ran</dt><dd><code>reprise explain ${jobPath} STEP</code></dd>`,
  ]
}
