import type { Attributes } from '@opentelemetry/api'
import type { Failure } from '../../core/index.ts'
import type { Tracing } from '../events/tracing.ts'
import type { ExecutionEnd, Executor } from '../execute/executor.ts'

/** Returns an executor whose executions are spans, where spans are made. */
export function tracedExecutor(executor: Executor, tracing: Tracing): Executor {
  if (!tracing.isOn) return executor
  return {
    execute: (request, watch, signal) =>
      tracing.span({
        name: 'execution',
        parent: request.step,
        attributes: {
          'reprise.step': request.step,
          'reprise.key': request.key,
          'reprise.device': request.action.device,
          'reprise.attempt': request.attempt,
        },
        work: () => executor.execute(request, watch, signal),
        end: spanEnd,
      }),
  }
}

function spanEnd(end: ExecutionEnd): { readonly attributes: Attributes; readonly failure?: Failure } {
  switch (end.kind) {
    case 'executed':
      return { attributes: { 'reprise.duration_ms': end.cost.durationMs } }
    case 'failed':
      return { attributes: { 'reprise.duration_ms': end.cost.durationMs }, failure: end.failure }
    case 'cancelled':
      return { attributes: { 'reprise.cancelled': true } }
    default:
      return end satisfies never
  }
}
