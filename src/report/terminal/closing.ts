import type { RunSummary } from '../../core/index.ts'
import { countText, durationText } from '../text/amounts.ts'
import { columns } from '../text/columns.ts'
import { printable } from '../text/printable.ts'
import { shellWord } from '../text/shell-word.ts'
import type { Style } from '../text/style.ts'

/** What a run amounted to. */
export interface Closing extends RunSummary {
  readonly status: 'completed' | 'failed' | 'cancelled'
  /** As the reader would name it. */
  readonly jobDir: string
  /** Where each output lies, as the reader of the terminal would name it. */
  readonly outputs: readonly { readonly name: string; readonly path: string }[]
}

/** Returns the last lines of a run: what was executed and what was not, what that saved, and where the outputs are. */
export function closingLines(closing: Closing, style: Style): readonly string[] {
  const { status, executed, cached, skipped, failed, durationMs, savedMs } = closing
  const counts = [
    `${executed} executed`,
    `${cached} cached${cached > 0 && savedMs > 0 ? ` (saved ${durationText(savedMs)})` : ''}`,
    `${skipped} skipped`,
    ...(failed > 0 ? [`${failed} failed`] : []),
  ].join(', ')
  const colour = status === 'completed' ? 'green' : status === 'failed' ? 'red' : 'yellow'
  const head = `${style(colour, status)} in ${durationText(durationMs)}: ${counts}`
  if (status !== 'completed') return [head, ...whatNow(closing)]
  const rows = closing.outputs.map(({ name, path }) => [printable(name), printable(path)])
  return [head, ...(rows.length === 0 ? [`outputs in ${printable(closing.jobDir)}`] : columns(rows, '  '))]
}

/** Returns what lint mode amounted to. */
export function lintLine(
  findings: readonly { readonly stage: string }[],
  { executed }: Pick<Closing, 'executed'>,
): string {
  if (findings.length > 0) {
    const steps = new Set(findings.map(({ stage }) => stage)).size
    return `lint: ${countText(steps, 'step')} did what a stage must not do`
  }
  if (executed === 0) return 'lint: nothing was executed, and so nothing was looked at; --force executes every step'
  return `lint: nothing was found in ${countText(executed, 'executed step')}`
}

function whatNow({ status, executed, cached, jobDir }: Closing): readonly string[] {
  const kept = executed + cached
  const goOn = `'reprise run --job ${printable(shellWord(jobDir))}' goes on from here`
  const done = kept === 0 ? '' : `${countText(kept, 'step')} ${kept === 1 ? 'is' : 'are'} done and kept; `
  return [`  ${done}${status === 'failed' ? `once mended, ${goOn}` : goOn}`]
}
