import { describeReason, type ReportedJob, type ReportedStep } from '../../core/index.ts'
import { countText, durationText, sizeText } from './amounts.ts'

/** Returns the report of a job as Markdown of GitHub's kind, for a pull request or a job summary. */
export function jobMarkdown({ pipeline, job, state, steps, run, warnings, outputs }: ReportedJob): string {
  const failed = steps.filter((step) => step.state === 'failed')
  const ran =
    run === undefined
      ? []
      : [
          `${run.executed} executed, ${countText(run.cached, 'hit')} (saved ${durationText(run.savedMs)}), ${run.skipped} skipped, in ${durationText(run.durationMs)}.`,
          '',
        ]
  return [
    `## ${inline(pipeline)}: ${inline(job)} ${state}`,
    '',
    ...ran,
    ...failed.flatMap(({ step, message = '', logTail = [] }) => [
      `- **${inline(step)}** failed: ${inline(message)}`,
      ...(logTail.join('') === '' ? [] : ['', fenced(logTail.join('\n')), '']),
    ]),
    ...warnings.map((warning) => `- warning: ${inline(warning)}`),
    ...(failed.length + warnings.length === 0 ? [] : ['']),
    '| Step | State | Took | Why |',
    '| --- | --- | ---: | --- |',
    ...steps.map(stepRow),
    '',
    ...(outputs.length === 0 ? [] : ['| Output | File | Size |', '| --- | --- | ---: |']),
    ...outputs.flatMap(({ name, files, more }) => [
      ...files.map(({ path, sizeBytes }) => row([name, path, sizeText(sizeBytes)])),
      ...(more === 0 ? [] : [row([name, `and ${more} more`, ''])]),
    ]),
    '',
  ].join('\n')
}

function stepRow({ step, state, savedMs, remote, reasons = [], durationMs }: ReportedStep): string {
  const hit = savedMs !== undefined
  const took = durationMs === undefined ? '' : durationText(durationMs)
  return row([
    step,
    hit ? 'hit' : state,
    took,
    hit
      ? `${remote === undefined ? '' : `from ${remote}, `}saved ${durationText(savedMs)}`
      : reasons.map(describeReason).join('; '),
  ])
}

function row(cells: readonly string[]): string {
  return `| ${cells.map(inline).join(' | ')} |`
}

/** Neither Markdown nor HTML of a name or a message is followed. */
function inline(text: string): string {
  return text.replace(/[\\`*_{}[\]<>#|~@&!]/g, (letter) => `&#${letter.charCodeAt(0)};`).replace(/\s+/g, ' ')
}

function fenced(text: string): string {
  const longest = Math.max(2, ...[...text.matchAll(/`+/g)].map(([ticks]) => ticks.length))
  const fence = '`'.repeat(longest + 1)
  return `${fence}text\n${text}\n${fence}`
}
