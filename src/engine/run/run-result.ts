import { relative } from 'node:path'
import { digestText } from '../../../store/index.ts'
import type { Action, CompletedOutput, EventBody, EventOf, Failure, Outcome, RunSummary } from '../../core/index.ts'
import { failureMessage, isRecord } from '../../core/index.ts'
import { jsonValueAt } from '../execute/inputs.ts'
import type { AvailableItem, Scheduler } from '../schedule/scheduler.ts'
import type { RunContext } from '../site/run-context.ts'
import { errorMessage } from '../system/error-message.ts'
import type { RunOutput, RunResult } from './request.ts'

const nothing = {
  outcomes: new Map<string, Outcome>(),
  outputs: {},
  failedSteps: [],
  failedStages: [],
  summary: { executed: 0, cached: 0, skipped: 0, failed: 0, durationMs: 0, savedMs: 0 },
} as const

/** Returns the result of a run that could not start, or was cancelled before it had its job. */
export function nothingRan(why: Failure | 'cancelled', signal: AbortSignal | undefined): RunResult {
  return why === 'cancelled'
    ? { ...nothing, status: 'cancelled', ...reasonOf(signal) }
    : { ...nothing, status: 'failed', failure: why }
}

/** Returns the result of a run whose steps have all ended. */
export async function runResult(
  context: Pick<RunContext, 'graph' | 'jobDir' | 'signal' | 'failFast'>,
  scheduler: Pick<Scheduler<unknown>, 'outcomes' | 'available'>,
  { durationMs, timedOut }: { readonly durationMs: number; readonly timedOut?: Failure },
): Promise<RunResult> {
  const { outcomes } = scheduler
  const failures = [...outcomes].flatMap(([step, outcome]) =>
    outcome.kind === 'failed' ? [{ step, failure: outcome.failure }] : [],
  )
  const cancelled = context.signal.aborted && [...outcomes.values()].some(({ kind }) => kind === 'cancelled')
  // A failed item that is dealt with by the step that gathers it is no failure of the run.
  const unsettled = failures.find(({ step }) => !context.failFast.isSettled(step))
  const first = cancelled && timedOut !== undefined ? timedOut : unsettled?.failure
  const status = cancelled && timedOut === undefined ? 'cancelled' : first === undefined ? 'completed' : 'failed'
  const failedSteps = failures.map(({ step }) => step)
  return {
    status,
    outcomes,
    outputs: await runOutputs(context, scheduler),
    ...(await correctionsPart(context, scheduler)),
    failedSteps,
    failedStages: failedSteps,
    ...(first === undefined ? {} : { failure: first }),
    ...(status === 'cancelled' ? reasonOf(context.signal) : {}),
    summary: summarize(outcomes, durationMs),
  }
}

/** An abort without a reason has one of Node's own, which says nothing. */
function reasonOf(signal: AbortSignal | undefined): { readonly reason?: string } {
  const reason: unknown = signal?.reason
  return reason === undefined || reason instanceof DOMException ? {} : { reason: errorMessage(reason) }
}

/** Returns whether a step was executed and its result recorded. */
export function isRecorded(outcome: Outcome | undefined): boolean {
  return outcome?.kind === 'executed' && outcome.recorded
}

/** Returns the actions whose results a run recorded, in the order of the graph. */
export function recordedActions(
  { used }: Pick<RunContext, 'used'>,
  scheduler: Pick<Scheduler<unknown>, 'outcomes' | 'inOrder'>,
): readonly Action[] {
  const recorded = [...scheduler.outcomes].flatMap(([step, outcome]) => (isRecorded(outcome) ? [step] : []))
  return recorded.length === 0 ? [] : scheduler.inOrder(recorded).flatMap((step) => used.get(step)?.action ?? [])
}

/** Returns the event that ends a run. */
export function runEndEvent(
  { graph: { pipeline }, jobDir }: Pick<RunContext, 'graph' | 'jobDir'>,
  { status, summary, failedSteps, failure, outputs, corrections, reason }: RunResult,
): EventBody {
  const { executed, cached, skipped, durationMs, savedMs } = summary
  const ended = {
    pipeline,
    executed,
    cached,
    skipped,
    duration_ms: durationMs,
    saved_ms: savedMs,
    ...completedOutputs(outputs, jobDir),
  }
  switch (status) {
    case 'completed':
      return {
        event: 'pipeline_completed',
        ...ended,
        ...(failedSteps.length === 0 ? {} : { failed: failedSteps }),
        ...(corrections === undefined ? {} : { corrections }),
      }
    case 'cancelled':
      return { event: 'pipeline_cancelled', ...ended, ...(reason === undefined ? {} : { reason }) }
    case 'failed': {
      const message = failure === undefined ? '' : failureMessage(failure)
      return { event: 'pipeline_failed', ...ended, failed: failedSteps, message }
    }
    default:
      return status satisfies never
  }
}

/** So many of a list are in the event: of ten thousand, a run with nothing to do would write megabytes. */
const listedMax = 1000

function completedOutputs(
  outputs: RunResult['outputs'],
  jobDir: string,
): Pick<EventOf<'pipeline_completed'>, 'outputs' | 'outputs_left_out'> {
  const completed = ({ kind, path, digest }: RunOutput): CompletedOutput => ({
    kind,
    path: path.startsWith(`${jobDir}/`) ? path.slice(jobDir.length + 1) : path,
    digest: digestText(digest),
  })
  const leftOut: Record<string, number> = {}
  const listed = Object.entries(outputs).map(([name, output]) => {
    if ('kind' in output) return [name, completed(output)] as const
    if (output.length > listedMax) leftOut[name] = output.length - listedMax
    return [name, output.slice(0, listedMax).map(completed)] as const
  })
  const isCut = Object.keys(leftOut).length > 0
  return { outputs: Object.fromEntries(listed), ...(isCut ? { outputs_left_out: leftOut } : {}) }
}

async function runOutputs(
  { graph }: Pick<RunContext, 'graph'>,
  scheduler: Pick<Scheduler<unknown>, 'available'>,
): Promise<RunResult['outputs']> {
  const outputs: Record<string, RunOutput | readonly RunOutput[]> = {}
  for (const [name, binding] of Object.entries(graph.outputs)) {
    // Outputs of steps that were not selected are left out: asking for them would run them.
    const made = (await scheduler.available(binding))?.flatMap(runOutput)
    const [only] = made ?? []
    if (made !== undefined && binding.arity === 'many') outputs[name] = made
    else if (only !== undefined) outputs[name] = only
  }
  return outputs
}

/** Returns what the step that merges corrections says of them. */
async function correctionsPart(
  { graph: { overlay }, jobDir }: Pick<RunContext, 'graph' | 'jobDir'>,
  scheduler: Pick<Scheduler<unknown>, 'available'>,
): Promise<Pick<RunResult, 'corrections'>> {
  const { step, counts, listing } = overlay ?? {}
  if (step === undefined || counts === undefined) return {}
  const madeBy = async (output: string, kind: 'json' | 'file') => {
    const made = await scheduler.available({ arity: 'one', kind, source: { from: 'step', step, output } })
    return made?.[0]?.available
  }
  const counted = await madeBy(counts, 'json')
  const value = counted === undefined ? undefined : jsonValueAt(counted)
  if (!isRecord(value)) return {}
  const { applied, conflicts } = value
  if (typeof applied !== 'number' || typeof conflicts !== 'number' || applied + conflicts === 0) return {}
  const listed = listing === undefined ? undefined : await madeBy(listing, 'file')
  const path = listed === undefined ? {} : { listing: relative(jobDir, listed.path) }
  return { corrections: { applied, conflicts, ...path } }
}

/** A JSON value that somebody has changed meanwhile is not there. */
function runOutput({ available, item }: AvailableItem): readonly RunOutput[] {
  const { kind, digest } = available.artifact
  const place = { path: available.path, digest, ...(item === undefined ? {} : { item }) }
  if (kind !== 'json') return [{ kind, ...place }]
  const value = jsonValueAt(available)
  return value === undefined ? [] : [{ kind, ...place, value }]
}

function summarize(outcomes: ReadonlyMap<string, Outcome>, durationMs: number): RunSummary {
  const counts = { executed: 0, cached: 0, skipped: 0, failed: 0, cancelled: 0 }
  let savedMs = 0
  for (const outcome of outcomes.values()) {
    counts[outcome.kind] += 1
    if (outcome.kind === 'cached') savedMs += outcome.result.durationMs
  }
  const { executed, cached, skipped, failed } = counts
  return { executed, cached, skipped, failed, durationMs, savedMs }
}
