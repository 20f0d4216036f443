import type { StepEnd } from '../schedule/wiring/step-end.ts'
import type { PreparedStep } from '../site/prepared-step.ts'
import type { RunContext } from '../site/run-context.ts'
import type { RunResult } from './request.ts'

const runId = ''

/** Traces a whole run in one span; the spans of its steps lie inside. */
export function inRunSpan(
  { tracing, run, jobDir, graph, device }: RunContext,
  work: () => Promise<RunResult>,
): Promise<RunResult> {
  return tracing.span({
    name: `run ${graph.pipeline}`,
    id: runId,
    attributes: {
      'reprise.run': run,
      'reprise.pipeline': graph.pipeline,
      'reprise.job': jobDir,
      'reprise.device': device,
    },
    work,
    end: ({ status, summary, failure }) => ({
      attributes: {
        'reprise.status': status,
        'reprise.executed': summary.executed,
        'reprise.cached': summary.cached,
        'reprise.duration_ms': summary.durationMs,
      },
      failure,
    }),
  })
}

/** Traces one step in one span; its lookups and executions lie inside. */
export function inStepSpan(
  { tracing }: Pick<RunContext, 'tracing'>,
  { step, key, device }: PreparedStep,
  work: () => StepEnd | Promise<StepEnd>,
): StepEnd | Promise<StepEnd> {
  if (!tracing.isOn) return work()
  return tracing.span({
    name: `step ${step.name}`,
    id: step.id,
    parent: runId,
    attributes: {
      'reprise.step': step.id,
      'reprise.stage': step.stage.name,
      'reprise.key': key,
      'reprise.device': device,
    },
    work: async () => work(),
    end: ({ outcome }) => ({
      attributes: {
        'reprise.outcome': outcome.kind,
        'reprise.hit': outcome.kind === 'cached',
        ...('result' in outcome ? { 'reprise.duration_ms': outcome.result.durationMs } : {}),
      },
      failure: outcome.kind === 'failed' ? outcome.failure : undefined,
    }),
  })
}
