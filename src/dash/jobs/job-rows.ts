import { createHash } from 'node:crypto'
import { basename } from 'node:path'
import type { Event, StepStatus } from '../../core/index.ts'
import { shellWord } from '../../core/shell-word.ts'
import type { JobEntry } from '../../engine/index.ts'
import { type Decision, missLine, skipLine } from '../../report/text/explanation.ts'
import { printable } from '../../report/text/printable.ts'
import type { JobRow, StepRow } from '../api/messages.ts'

/** Returns the name by which addresses mean a job: a path in an address would invite to join it. */
export function jobId(jobDir: string): string {
  return createHash('sha256').update(jobDir).digest('hex').slice(0, 16)
}

export function jobRow(
  { jobDir, pipeline, state, runs, activeAt, problem, lastRun }: JobEntry,
  showPath: (path: string) => string,
): JobRow {
  return {
    id: jobId(jobDir),
    path: printable(showPath(jobDir)),
    word: printable(shellWord(showPath(jobDir))),
    name: printable(basename(jobDir)),
    pipeline: printable(pipeline),
    state,
    runs,
    ...(activeAt === undefined ? {} : { activeAt }),
    ...(problem === undefined ? {} : { problem: printable(problem) }),
    ...(lastRun === undefined ? {} : { ended: lastRun }),
  }
}

/** What the events of a step say beside its status. */
export interface StepNotes {
  readonly decision?: Decision
  readonly ran?: readonly [begin: number, end: number]
  readonly note?: string
  /** The key of its last result, and of that before the last change. */
  readonly made?: string
  readonly before?: string
}

export function stepRow(status: StepStatus, { decision, ran, note }: StepNotes): StepRow {
  const { step, state, cache, durationMs, startedAt, fraction, attempts, message, peakRssBytes, reasons } = status
  const why = whyOf(decision, reasons)
  const isRunning = state === 'running'
  return {
    id: step,
    state,
    ...(state === 'done' && cache === 'hit' ? { hit: true as const } : {}),
    ...(why === undefined ? {} : { why }),
    ...(durationMs === undefined || isRunning ? {} : { ms: durationMs }),
    ...(startedAt === undefined || !isRunning ? {} : { startedAt }),
    ...(fraction === undefined || !isRunning ? {} : { fraction }),
    ...(note === undefined || !isRunning ? {} : { note }),
    ...(attempts === undefined ? {} : { attempts }),
    ...(message === undefined ? {} : { message: message.split('\n').map(printable).join('\n') }),
    ...(peakRssBytes === undefined ? {} : { peakBytes: peakRssBytes }),
    ...(ran === undefined ? {} : { ran }),
  }
}

function whyOf(decision: Decision | undefined, reasons: StepStatus['reasons']): string | undefined {
  if (decision?.event === 'stage_skipped') return skipLine(decision, 'nothing changed')
  const told = decision?.reasons ?? reasons
  return told === undefined ? undefined : missLine(told)
}

/** Returns the warning that an event is, if it is one. */
export function warningIn(event: Event): string | undefined {
  if (event.event === 'pipeline_warning') return printable(event.message)
  if (event.event === 'stage_log' && event.level === 'warn') return printable(`${event.stage}: ${event.line}`)
  return undefined
}
