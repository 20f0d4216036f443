import { serveFromStore, serveInPlace } from '../hit/serve.ts'
import type { StepEnd } from '../schedule/wiring/step-end.ts'
import type { PreparedStep } from '../site/prepared-step.ts'
import type { RunContext } from '../site/run-context.ts'
import { StepSite } from '../site/step-site.ts'
import { ActionClaim } from './action-claim.ts'
import { MemoryLadder } from './memory-ladder.ts'
import { type AttemptsEnd, StepAttempts } from './step-attempts.ts'

/**
 * Brings a step to its end: from the store where its result is there, else by executing it when it is selected, and
 * again with less where the device's memory does not suffice.
 */
export function runStep(context: RunContext, prepared: PreparedStep): StepEnd | Promise<StepEnd> {
  const { fallbacks = [], name } = prepared.step
  // Most hits wait for nothing: ten thousand of them do without a promise each.
  const isPlain = fallbacks.length === 0 && !context.selected.checks(name) && !context.tracing.isOn
  return (isPlain ? serveInPlace(new StepSite(context, prepared)) : undefined) ?? runRungs(context, prepared)
}

async function runRungs(context: RunContext, prepared: PreparedStep): Promise<StepEnd> {
  const ladder = new MemoryLadder(context, prepared)
  const attempts = new StepAttempts(context, ladder)
  try {
    for (let site = new StepSite(context, await ladder.first()); ; ) {
      const ended = await runAction(site, attempts)
      if (ended.kind === 'ended') {
        const { kind } = ended.end.outcome
        const isMade = kind === 'executed' || kind === 'cached'
        if (isMade) ladder.remember()
        if (!isMade || !context.selected.checks(site.step.name)) return ended.end
        const { checkDeterminism } = await import('./determinism.ts')
        return await checkDeterminism(site, ended.end)
      }
      const next = await ladder.next()
      if (next === undefined) return attempts.fail(site, ended)
      attempts.announce(site, ended.failure, 0, next)
      site = new StepSite(context, next)
    }
  } finally {
    attempts.clear()
  }
}

async function runAction(site: StepSite, attempts: StepAttempts): Promise<AttemptsEnd> {
  const { selected, used, failFast, failOnMiss, emit } = site.context
  const { step, key, action } = site.prepared
  const served = await serveFromStore(site)
  if (served.kind === 'served') return { kind: 'ended', end: served.end }
  if (!selected.has(step.name)) {
    return { kind: 'ended', end: site.failed({ kind: 'upstream-unavailable', step: step.id }) }
  }
  const { reasons } = served
  if (failOnMiss && failFast.step !== undefined) return { kind: 'ended', end: site.skipped(failFast.step) }
  if (attempts.count === 0) emit({ event: 'stage_cache_miss', stage: step.id, key, reasons })
  if (failOnMiss) return { kind: 'ended', end: site.failed({ kind: 'cache-miss', step: step.id, reasons }) }
  used.set(step.id, { key, action })
  const claim = new ActionClaim(site, selected.forces(step.name))
  try {
    return await attempts.execute(site, claim)
  } finally {
    claim.release()
  }
}
