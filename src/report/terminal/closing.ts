import type { CorrectionsMerged, RunSummary } from '../../core/index.ts'
import { shellWord } from '../../core/shell-word.ts'
import { countText, durationText } from '../text/amounts.ts'
import { columns } from '../text/columns.ts'
import { correctionsText } from '../text/corrections-text.ts'
import { printable, printableLines } from '../text/printable.ts'
import { resumeHint } from '../text/resume-hint.ts'
import type { Style } from '../text/style.ts'

/** How a run ended, for its last lines. */
export interface Closing extends RunSummary {
  readonly status: 'completed' | 'failed' | 'cancelled'
  /** The steps that failed, and why. */
  readonly failures: readonly { readonly step: string; readonly message: string }[]
  /** As the reader would write it. */
  readonly jobDir: string
  /** What became of corrections; the listing as the reader would write it. */
  readonly corrections?: CorrectionsMerged
  /** The path of each output that is there, as the reader would write it. */
  readonly outputs: readonly { readonly name: string; readonly path: string }[]
  /** Makes the shown path of an output a link to its file. */
  readonly link?: (shown: string) => string
}

/** Returns the last lines of a run: how many steps were executed and how many were hits, and where the outputs are. */
export function closingLines(closing: Closing, style: Style): readonly string[] {
  const { status, executed, cached, skipped, failed, durationMs, savedMs } = closing
  const counts = [
    `${executed} executed`,
    `${countText(cached, 'hit')}${cached > 0 && savedMs > 0 ? ` (saved ${durationText(savedMs)})` : ''}`,
    `${skipped} skipped`,
    ...(failed > 0 ? [`${failed} failed`] : []),
  ].join(', ')
  const colour = status === 'completed' ? 'green' : status === 'failed' ? 'red' : 'yellow'
  const head = `${style(colour, status)} in ${durationText(durationMs)}: ${counts}`
  const outputs = outputLines(closing)
  // What went wrong comes last, where it is in sight.
  if (status !== 'completed') return [head, ...outputs, ...failedLines(closing, style), ...whatNow(closing)]
  return [
    head,
    ...correctionLines(closing, style),
    ...(outputs.length === 0 ? [`outputs in ${printable(closing.jobDir)}`] : outputs),
  ]
}

function correctionLines({ corrections }: Closing, style: Style): readonly string[] {
  if (corrections === undefined) return []
  const line = `corrections: ${correctionsText(corrections, (path) => path)}`
  return [corrections.conflicts > 0 ? style('yellow', line) : line]
}

const outputsShown = 20
const shownOfOneName = 5

/** The outputs of a fan-out may be thousands. */
function outputLines({ outputs, jobDir, link = (shown) => shown }: Closing): readonly string[] {
  const counts = new Map<string, number>()
  const first = outputs.filter(({ name }) => {
    const count = (counts.get(name) ?? 0) + 1
    counts.set(name, count)
    return count <= shownOfOneName
  })
  const rows = first.slice(0, outputsShown).map(({ name, path }) => [printable(name), link(printable(path))])
  const more = outputs.length - rows.length
  const all = printable(`reprise outputs ${shellWord(jobDir)}`)
  return [...columns(rows, '  '), ...(more === 0 ? [] : [`  and ${countText(more, 'other output')}: ${all}`])]
}

/** With more steps than fit on a terminal, the lines of those that failed are far above. */
const stepsInView = 20
const failuresShown = 50

function failedLines({ executed, cached, skipped, failures }: Closing, style: Style): readonly string[] {
  if (executed + cached + skipped + failures.length <= stepsInView) return []
  const shown = failures.slice(0, failuresShown)
  const more = failures.length - shown.length
  const rows = shown.map(({ step, message }) => [printable(step), printableLines(message)[0] ?? ''])
  return [
    ...columns(rows, `  ${style('red', 'FAILED')}  `),
    ...(more === 0 ? [] : [`  and ${countText(more, 'other step')}`]),
  ]
}

/** Returns what lint mode found, in one line. */
export function lintLine(
  findings: readonly { readonly stage: string }[],
  { executed }: Pick<Closing, 'executed'>,
): string {
  if (findings.length > 0) {
    const steps = new Set(findings.map(({ stage }) => stage)).size
    return `lint: ${countText(steps, 'step')} broke a rule for stages`
  }
  if (executed === 0) return 'lint: nothing was executed, so nothing was checked; add --force to execute every step'
  return `lint: ${countText(executed, 'executed step')} checked, no problems found`
}

function whatNow({ status, executed, cached, jobDir }: Closing): readonly string[] {
  const done = executed + cached
  const resume = resumeHint(jobDir)
  const kept = done === 0 ? '' : `${countText(done, 'finished step')} kept; `
  return [`  ${kept}${status === 'failed' ? `fix the problem, then ${resume}` : resume}`]
}
