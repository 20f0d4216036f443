import type { StepEnd } from '../schedule/wiring/step-end.ts'
import type { PreparedStep } from '../site/prepared-step.ts'
import type { RunContext } from '../site/run-context.ts'
import type { RunResult } from './request.ts'

const runId = ''

/** How OpenTelemetry calls the ends of a run. Source: https://opentelemetry.io/docs/specs/semconv/registry/attributes/cicd/. */
const resultOf = { completed: 'success', failed: 'failure', cancelled: 'cancellation' } as const

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
      'cicd.pipeline.name': graph.pipeline,
      'cicd.pipeline.run.id': run,
    },
    work,
    end: ({ status, summary, failure }) => ({
      attributes: {
        'reprise.status': status,
        'cicd.pipeline.result': resultOf[status],
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
      'cicd.pipeline.task.name': step.id,
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
