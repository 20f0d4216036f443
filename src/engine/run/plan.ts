import { resolve } from 'node:path'
import { describeStoreFailure, type Result } from '../../../store/index.ts'
import { type AnyPipeline, type Failure, hasOpenItems, type Outcome } from '../../core/index.ts'
import { foreseeEdits } from '../edits/taken-edits.ts'
import { type Available, artifactsOf, treeEntries } from '../execute/inputs.ts'
import { type Hit, type HitContext, hitOrMiss, type Miss, miss } from '../hit/hit-or-miss.ts'
import { readJobRecord } from '../job/job-file.ts'
import { Secrets } from '../key/secrets.ts'
import { Services } from '../key/services.ts'
import { StageFactFinder } from '../key/stage-facts.ts'
import { Takes } from '../key/takes.ts'
import { ToolProbe } from '../key/tool-probe.ts'
import { FailFast } from '../schedule/fail-fast.ts'
import { planTime } from '../schedule/plan-time.ts'
import { Scheduler } from '../schedule/scheduler.ts'
import type { StepEnd } from '../schedule/wiring/step-end.ts'
import { type PreparedStep, prepareStep } from '../site/prepared-step.ts'
import { MemoryLadder } from '../step/memory-ladder.ts'
import { preflight } from './preflight.ts'
import type { PredictedRun, RunPlan, RunRequest, StepForecast } from './request.ts'

/**
 * Returns what a run would do, step by step, without executing or writing anything in the job.
 * What depends on a miss is `unknown`: it hits all the same if the step before it gives the same bytes again.
 */
export function planRun<P extends AnyPipeline>(request: RunRequest<P>): Promise<Result<RunPlan, Failure>>
export async function planRun(request: RunRequest): Promise<Result<RunPlan, Failure>> {
  const predicted = await predictRun(request)
  return predicted.ok ? { ok: true, value: predicted.value.plan } : predicted
}

/** Returns what `planRun` returns, and about how long the run would take. */
export function predictRun<P extends AnyPipeline>(request: RunRequest<P>): Promise<Result<PredictedRun, Failure>>
export async function predictRun(request: RunRequest): Promise<Result<PredictedRun, Failure>> {
  const { store, signal = new AbortController().signal } = request
  const probe = new ToolProbe(store, request)
  const settled = await preflight(request, probe)
  if (!settled.ok) return settled
  const jobDir = resolve(request.jobDir)
  const foreseen = await foreseeEdits({ store, jobDir }, settled.value)
  const { graph, selected, needed, inputs, sources, device } = foreseen
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
    const decided = await hitOrMiss(context, prepared)
    const found = decided.kind === 'hit' ? await readOutputs(context, prepared, decided) : decided
    if (found.kind === 'hit') {
      const { result, by, outputs, fetched } = found
      const madeOn = by.device === on ? {} : { device: by.device }
      const from = fetched === undefined ? {} : { remote: fetched.remote }
      forecasts.set(step.id, {
        step: step.id,
        kind: 'hit',
        key: by.key,
        savedMs: result.durationMs,
        ...madeOn,
        ...from,
      })
      return { outcome: { kind: 'cached', key: by.key, result }, outputs }
    }
    if (!selected.has(step.name)) {
      forecasts.set(step.id, {
        step: step.id,
        kind: 'blocked',
        failure: { kind: 'upstream-unavailable', step: step.id },
      })
    } else {
      forecasts.set(step.id, { step: step.id, kind: 'miss', key: prepared.key, reasons: found.reasons })
    }
    return { outcome: { kind: 'skipped', because: { step: step.id } }, outputs: {} }
  }

  const context = {
    graph,
    jobDir,
    selected,
    device,
    ...(request.poolDevices && { poolDevices: request.poolDevices }),
    facts: new StageFactFinder(probe, sources, services, { signal }),
    secrets,
    takes,
    store,
    signal,
    emit: () => {},
    failFast: new FailFast(true, graph),
  }
  const scheduler = new Scheduler(context, inputs, {
    needed,
    prepare: (step, resolved) => prepareStep(context, step, resolved),
    perform,
    entriesOf: (tree) => treeEntries(store, tree),
  })
  await scheduler.run().finally(() => services.close())
  const known = new Map(graph.steps.map((step) => [step.id, step]))
  const isCertain = (id: string) => {
    const step = known.get(id)
    // A condition may turn out to be false, and a list empty.
    return step?.condition === undefined && !hasOpenItems(id) && selected.forces(step?.name ?? '')
  }
  for (const [step, outcome] of scheduler.outcomes) {
    const forecast = forecastOf(step, outcome, isCertain)
    if (forecast !== undefined && !forecasts.has(step)) forecasts.set(step, forecast)
  }
  const plan = scheduler.inOrder([...forecasts.keys()]).flatMap((id) => forecasts.get(id) ?? [])
  const { concurrency } = request
  const isExecuted = (forecast: StepForecast) =>
    forecast.kind === 'miss' || (forecast.kind === 'unknown' && forecast.certain === true)
  const time = planTime({
    executed: plan.flatMap((forecast) => (isExecuted(forecast) ? [forecast.step] : [])),
    maybe: plan.flatMap((forecast) => (forecast.kind === 'unknown' && !isExecuted(forecast) ? [forecast.step] : [])),
    graph,
    store,
    device,
    inputs: Object.fromEntries([...inputs].map(([name, input]) => [name, artifactsOf(input).map(({ path }) => path)])),
    outcomes: scheduler.outcomes,
    ...(concurrency === undefined ? {} : { concurrency }),
  })
  return { ok: true, value: { plan, time } }
}

function forecastOf(step: string, outcome: Outcome, isCertain: (step: string) => boolean): StepForecast | undefined {
  if (outcome.kind === 'failed') return { step, kind: 'blocked', failure: outcome.failure }
  if (outcome.kind !== 'skipped') return undefined
  if (outcome.because === 'condition') return { step, kind: 'skipped', because: 'condition' }
  const after = ['step' in outcome.because ? outcome.because.step : outcome.because.failed]
  return { step, kind: 'unknown', after, ...(isCertain(step) ? { certain: true } : {}) }
}

interface ReadableHit extends Hit {
  readonly outputs: Readonly<Record<string, Available>>
}

/**
 * Returns a hit with its outputs as steps downstream need them for their keys. JSON values come from the store: one that
 * cannot be read makes a miss, as it would in a run.
 */
async function readOutputs(context: HitContext, prepared: PreparedStep, hit: Hit): Promise<ReadableHit | Miss> {
  const outputs: Record<string, Available> = {}
  for (const [name, artifact] of Object.entries(hit.result.outputs)) {
    const bytes = artifact.kind === 'json' ? await context.store.read(artifact.digest) : undefined
    if (bytes?.ok === false) {
      const again = await hitOrMiss(context, prepared)
      return again.kind === 'hit' ? miss({ kind: 'corrupt', what: describeStoreFailure(bytes.error) }) : again
    }
    const text = bytes === undefined ? undefined : Buffer.from(bytes.value).toString('utf8')
    outputs[name] = { artifact, path: '', ...(text === undefined ? {} : { text }) }
  }
  return { ...hit, outputs }
}
