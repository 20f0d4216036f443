import {
  type ActionResult,
  actionKey,
  type FetchedFrom,
  indexRebuiltMemo,
  type LocalStore,
  type Lookup,
} from '../../../store/index.ts'
import type { Reason } from '../../core/index.ts'
import type { PreparedStep } from '../site/prepared-step.ts'
import type { RunContext } from '../site/run-context.ts'
import type { StepSite } from '../site/step-site.ts'
import { missReasons } from './miss-reasons.ts'

/** A step whose result is in the store. */
export interface Hit {
  readonly kind: 'hit'
  readonly result: ActionResult
  /** The step as the one who made the result prepared it, which may have been on another device. */
  readonly by: PreparedStep
  /** From where it was brought to this machine just now. */
  readonly fetched?: FetchedFrom | undefined
}

export interface Miss {
  readonly kind: 'miss'
  readonly reasons: readonly Reason[]
}

/** Returns a miss for one reason. */
export function miss(reason: Reason): Miss {
  return { kind: 'miss', reasons: [reason] }
}

/** The parts of a run that decide, besides the step. */
export type HitContext = Pick<RunContext, 'store' | 'jobDir' | 'graph' | 'selected'>

/**
 * Decides whether a step is a hit: it is not forced, its key says all that determines its result, and the store has a
 * result under that key. In a run, a result that went with a damaged index is taken from the job directory.
 */
export async function hitOrMiss(context: HitContext, prepared: PreparedStep, site?: StepSite): Promise<Hit | Miss> {
  const now = hitOrMissNow(context, prepared, site)
  if (now !== undefined) return now
  const { store } = context
  let { by, lookup } = await findResult(store, prepared)
  if (site !== undefined && lookup.kind === 'absent' && store.ledger.memos.get(indexRebuiltMemo) !== undefined) {
    const { recoverResult } = await import('./recover.ts')
    if (await recoverResult(site)) ({ by, lookup } = await findResult(store, prepared))
  }
  if (lookup.kind === 'hit') {
    const { record, fetched } = lookup
    return { kind: 'hit', result: record.result, by, ...(fetched === undefined ? {} : { fetched }) }
  }
  if (context.selected.acceptsCode(prepared.step.name)) {
    const { acceptCode } = await import('./accept-code.ts')
    const result = await acceptCode(context, prepared, site)
    if (result !== undefined) return { kind: 'hit', result, by: prepared }
  }
  return { kind: 'miss', reasons: missReasons(context, prepared, lookup) }
}

/**
 * Decides without a lookup, if it can. In a run, at the step's `site`, none is needed if the job's last
 * run found the result, and neither the store nor the job directory has lost anything since.
 */
export function hitOrMissNow(
  { store, selected }: HitContext,
  prepared: PreparedStep,
  site?: StepSite,
): Hit | Miss | undefined {
  const { notCacheable, key, step } = prepared
  if (selected.forces(step.name)) return miss({ kind: 'forced' })
  if (notCacheable !== undefined) return miss({ kind: 'not-cacheable', because: notCacheable })
  const inPlace = site?.context.done.resultInPlace(site)
  if (inPlace === undefined) return undefined
  store.actions.countHit(key, inPlace.durationMs)
  return { kind: 'hit', result: inPlace, by: prepared }
}

/**
 * Looks a step's result up: under its own key, and where its stage may be served with what was made on another device,
 * under the keys that it would have there. `by` is the step as the one who made the result prepared it.
 */
export async function findResult(
  store: Pick<LocalStore, 'lookup'>,
  prepared: PreparedStep,
): Promise<{ readonly by: PreparedStep; readonly lookup: Lookup }> {
  const lookup = await store.lookup(prepared.key)
  const { stage } = prepared.step
  if (lookup.kind === 'hit' || stage.devicePolicy !== 'compatible') return { by: prepared, lookup }
  for (const device of new Set(stage.devices)) {
    const action = { ...prepared.action, device }
    const key = actionKey(action)
    if (key === prepared.key) continue
    const elsewhere = await store.lookup(key)
    if (elsewhere.kind === 'hit') return { by: { ...prepared, device, action, key }, lookup: elsewhere }
  }
  return { by: prepared, lookup }
}
