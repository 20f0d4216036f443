import { resolve } from 'node:path'
import {
  type ActionKey,
  type ActionResult,
  describeStoreFailure,
  type LocalStore,
  type Lookup,
  type Result,
} from '../../../store/index.ts'
import type { Failure, Outcome, Reason } from '../../core/index.ts'
import type { Available } from '../execute/inputs.ts'
import { readJobRecord } from '../job/job-file.ts'
import { Secrets } from '../key/secrets.ts'
import { Services } from '../key/services.ts'
import { StageFactFinder } from '../key/stage-facts.ts'
import { Takes } from '../key/takes.ts'
import { ToolProbe } from '../key/tool-probe.ts'
import { FailFast } from '../schedule/fail-fast.ts'
import { Scheduler } from '../schedule/scheduler.ts'
import type { StepEnd } from '../schedule/step-end.ts'
import { MemoryLadder } from '../step/memory-ladder.ts'
import { findResult, missReasons, type PreparedStep, prepareStep } from '../step/prepared-step.ts'
import { preflight } from './preflight.ts'
import type { RunPlan, RunRequest, StepForecast } from './request.ts'

/**
 * Returns what a run would do, step by step, without executing or writing anything in the job.
 * What depends on a miss is `unknown`: it hits all the same if the step before it gives the same bytes again.
 */
export async function planRun(request: RunRequest): Promise<Result<RunPlan, Failure>> {
  const { store, signal = new AbortController().signal } = request
  const probe = new ToolProbe(store)
  const settled = await preflight(request, probe)
  if (!settled.ok) return settled
  const { graph, selected, needed, inputs, sources, device } = settled.value
  const jobDir = resolve(request.jobDir)
  const takes = new Takes(request.selection)
  const reading = readJobRecord(jobDir)
  const noSuchTakes = takes.open(reading.kind === 'read' ? reading.record.takes : {})
  if (noSuchTakes.length > 0) return { ok: false, error: { kind: 'invalid', problems: noSuchTakes } }
  const forecasts = new Map<string, StepForecast>()

  const secrets = new Secrets()
  const services = new Services(request.services ?? [], secrets, { signal })
  const perform = async (asked: PreparedStep): Promise<StepEnd> => {
    const prepared = await new MemoryLadder(context, asked).first()
    const { step, device: on } = prepared
    const isForced = selected.forces(step.name)
    const { by, lookup } = isForced ? { by: prepared, lookup: forced } : await lookUp(store, prepared)
    const { key } = by
    if (lookup.kind === 'hit') {
      const { result, outputs } = lookup
      const madeOn = by.device === on ? {} : { device: by.device }
      forecasts.set(step.id, { step: step.id, kind: 'hit', key, savedMs: result.durationMs, ...madeOn })
      return { outcome: { kind: 'cached', key, result }, outputs }
    }
    if (!selected.has(step.name)) {
      forecasts.set(step.id, {
        step: step.id,
        kind: 'blocked',
        failure: { kind: 'upstream-unavailable', step: step.id },
      })
    } else {
      const reasons = 'reason' in lookup ? [lookup.reason] : missReasons({ store, jobDir, graph }, prepared, lookup)
      forecasts.set(step.id, { step: step.id, kind: 'miss', key, reasons })
    }
    return { outcome: { kind: 'skipped', because: { step: step.id } }, outputs: {} }
  }

  const context = {
    graph,
    device,
    facts: new StageFactFinder(probe, sources, services, { signal }),
    secrets,
    takes,
    store,
    signal,
    emit: () => {},
    failFast: new FailFast(true),
  }
  const scheduler = new Scheduler(context, inputs, {
    needed,
    prepare: (step, resolved) => prepareStep(context, step, resolved),
    perform,
  })
  await scheduler.run().finally(() => services.close())
  for (const [step, outcome] of scheduler.outcomes) {
    const forecast = forecastOf(step, outcome)
    if (forecast !== undefined && !forecasts.has(step)) forecasts.set(step, forecast)
  }
  return { ok: true, value: scheduler.inOrder([...forecasts.keys()]).flatMap((id) => forecasts.get(id) ?? []) }
}

function forecastOf(step: string, outcome: Outcome): StepForecast | undefined {
  if (outcome.kind === 'failed') return { step, kind: 'blocked', failure: outcome.failure }
  if (outcome.kind !== 'skipped') return undefined
  return outcome.because === 'condition'
    ? { step, kind: 'skipped', because: 'condition' }
    : { step, kind: 'unknown', after: ['step' in outcome.because ? outcome.because.step : outcome.because.failed] }
}

const forced = { kind: 'unasked', reason: { kind: 'forced' } } as const

type Readable =
  | { readonly kind: 'unasked'; readonly reason: Reason }
  | { readonly kind: 'hit'; readonly result: ActionResult; readonly outputs: Readonly<Record<string, Available>> }
  | Exclude<Lookup, { readonly kind: 'hit' }>

/**
 * Looks an action up, with its outputs as steps downstream need them for their keys. JSON values come from the store:
 * one that cannot be read makes a miss, as it would in a run.
 */
async function lookUp(
  store: LocalStore,
  prepared: PreparedStep,
): Promise<{ readonly by: PreparedStep; readonly lookup: Readable }> {
  const { notCacheable } = prepared
  if (notCacheable !== undefined) {
    return { by: prepared, lookup: { kind: 'unasked', reason: { kind: 'not-cacheable', because: notCacheable } } }
  }
  const { by, lookup } = await findResult(store, prepared)
  return { by, lookup: lookup.kind === 'hit' ? await readable(store, by.key, lookup) : lookup }
}

async function readable(
  store: LocalStore,
  key: ActionKey,
  lookup: Extract<Lookup, { readonly kind: 'hit' }>,
): Promise<Readable> {
  const { result } = lookup.record
  const outputs: Record<string, Available> = {}
  for (const [name, artifact] of Object.entries(result.outputs)) {
    const bytes = artifact.kind === 'json' ? await store.read(artifact.digest) : undefined
    if (bytes?.ok === false) {
      const again = await store.lookup(key)
      return again.kind === 'hit' ? { kind: 'corrupt', what: describeStoreFailure(bytes.error) } : again
    }
    const text = bytes === undefined ? undefined : Buffer.from(bytes.value).toString('utf8')
    outputs[name] = { artifact, path: '', ...(text === undefined ? {} : { text }) }
  }
  return { kind: 'hit', result, outputs }
}
