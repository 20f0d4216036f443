import type { Lookup } from '../../../store/index.ts'
import { diffActions, type Reason } from '../../core/index.ts'
import type { PreparedStep } from '../site/prepared-step.ts'
import type { RunContext } from '../site/run-context.ts'
import { nearestChanges } from './nearest-action.ts'

/** Returns why a step missed: what changed since its last run, or what became of the result that it had. */
export function missReasons(
  context: Pick<RunContext, 'store' | 'jobDir' | 'graph'>,
  prepared: PreparedStep,
  lookup: Exclude<Lookup, { kind: 'hit' }>,
): readonly Reason[] {
  switch (lookup.kind) {
    case 'evicted':
      return [{ kind: 'evicted', at: lookup.evictedAt, by: lookup.by }]
    case 'incomplete':
      return [{ kind: 'missing', what: lookup.missing.map((output) => `its output '${output}'`).join(', ') }]
    case 'corrupt':
      return [{ kind: 'corrupt', what: lookup.what }]
    case 'absent': {
      const { store, jobDir, graph } = context
      const last = store.ledger.jobs.lastAction(jobDir, graph.pipeline, prepared.step.id)
      if (last === undefined) {
        const nearest = nearestChanges(store, prepared.action)
        return [{ kind: 'never-run', ...(nearest === undefined ? {} : { nearest }) }]
      }
      const changes = diffActions(last.action, prepared.action)
      return changes.length > 0 ? changes : [{ kind: 'no-result' }]
    }
    default:
      return lookup satisfies never
  }
}
