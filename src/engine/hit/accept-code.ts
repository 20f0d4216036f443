import type { ActionResult, JsonObject } from '../../../store/index.ts'
import { actionKey } from '../../../store/index.ts'
import { diffActions } from '../../core/index.ts'
import { actionRecordOf } from '../site/action-record.ts'
import type { PreparedStep } from '../site/prepared-step.ts'
import type { RunContext } from '../site/run-context.ts'
import type { StepSite } from '../site/step-site.ts'
import { rememberedActions } from './nearest-action.ts'

const codePath = /^(source|packages)($|\.)/

/**
 * Returns the result that a step had before its code changed, if nothing else has changed since; in a run, it is
 * recorded under the step's key of now, so that it is a hit from then on.
 */
export async function acceptCode(
  { store, jobDir, graph }: Pick<RunContext, 'store' | 'jobDir' | 'graph'>,
  prepared: PreparedStep,
  site: StepSite | undefined,
): Promise<ActionResult | undefined> {
  const { action, step } = prepared
  const last = store.ledger.jobs.lastAction(jobDir, graph.pipeline, step.id)
  const candidates: readonly JsonObject[] = [
    ...(last === undefined ? [] : [last.action]),
    ...rememberedActions(store, step.stage.name),
  ]
  for (const candidate of candidates) {
    if (!diffActions(candidate, action).every(({ path }) => codePath.test(path))) continue
    const key = actionKey(candidate)
    const lookup = await store.lookup(key)
    if (lookup.kind !== 'hit') continue
    const { result } = lookup.record
    const accepted = { ...result, acceptedFrom: result.acceptedFrom ?? key }
    if (site === undefined || store.readOnly) return accepted
    const committed = await store.actions.commit(actionRecordOf(site, accepted), [])
    if (!committed.ok) return undefined
    const line = 'its code changed, and its result is kept as --accept-code says'
    site.context.emit({ event: 'stage_log', stage: step.id, level: 'info', line })
    return accepted
  }
  const line = 'it has no result from which only its code differs, so --accept-code keeps none'
  site?.context.emit({ event: 'stage_log', stage: step.id, level: 'warn', line })
  return undefined
}
