import { actionKey, type LocalStore, type Lookup, type Result } from '../../../store/index.ts'
import {
  type Action,
  type ActionInput,
  type ActionParts,
  buildAction,
  type Device,
  deviceFor,
  diffActions,
  type Failure,
  type Reason,
  type Step,
} from '../../core/index.ts'
import { actionInputOf, type ResolvedInputs } from '../execute/inputs.ts'
import { declaredEnvironment } from '../key/environment.ts'
import type { Secrets } from '../key/secrets.ts'
import type { StageFacts } from '../key/stage-facts.ts'
import type { ProbedTool } from '../key/tool-probe.ts'
import { nearestChanges } from './nearest-action.ts'
import type { RunContext } from './run-context.ts'

/** A step whose inputs are there, and so its action and its key. */
export interface PreparedStep {
  readonly step: Step
  readonly inputs: ResolvedInputs
  readonly device: Device
  readonly tools: ReadonlyMap<string, ProbedTool>
  readonly action: Action
  readonly key: string
  /** Why the action says too little to look it up or to record a result under it. */
  readonly notCacheable?: string
  /** How many rungs of its ladder it has gone down for want of memory. */
  readonly rung?: number
}

/** What of a run the keys of its steps depend on. */
export type KeyContext = Pick<RunContext, 'store' | 'device' | 'facts' | 'secrets' | 'takes'>

/** Returns a step with its action and key, or why a part of the key cannot be determined. */
export async function prepareStep(
  context: KeyContext,
  step: Step,
  inputs: ResolvedInputs,
): Promise<Result<PreparedStep, Failure>> {
  const known = context.facts.known(step.stage)
  const found = known === undefined ? await context.facts.find(step) : { ok: true as const, value: known }
  if (!found.ok) return found
  const parts = actionParts(context, step, inputs, found.value)
  const isFree = async (take: number) => {
    const { kind } = await context.store.lookup(actionKey(buildAction({ take, ...parts })))
    return kind === 'absent'
  }
  const take = context.takes.settled(step.id) ?? (await context.takes.fresh(step.id, isFree))
  return prepare(context, { step, inputs, facts: found.value, action: buildAction({ take, ...parts }) })
}

/** Returns the same where nothing has to be found out for it any more, else undefined. */
export function prepareAtOnce(context: KeyContext, step: Step, inputs: ResolvedInputs): PreparedStep | undefined {
  const facts = context.facts.known(step.stage)
  const take = context.takes.settled(step.id)
  if (facts === undefined || take === undefined) return undefined
  const action = buildAction({ take, ...actionParts(context, step, inputs, facts) })
  const prepared = prepare(context, { step, inputs, facts, action })
  return prepared.ok ? prepared.value : undefined
}

function actionParts(
  context: KeyContext,
  { stage, params }: Step,
  resolved: ResolvedInputs,
  { tools, services, source }: StageFacts,
): ActionParts {
  const inputs: Record<string, ActionInput> = {}
  for (const name of Object.keys(resolved)) {
    const input = resolved[name]
    if (input !== undefined) inputs[name] = actionInputOf(input)
  }
  const { name, version, env = [] } = stage
  return {
    stage: { name, version },
    params,
    inputs,
    device: deviceFor(stage.devices, context.device),
    tools: [...tools.values()].map(({ identity }) => identity),
    ...(env.length === 0 ? {} : { env: declaredEnvironment(env) }),
    ...(source.kind === 'known' ? { source: source.files } : {}),
    ...(services === undefined ? {} : { services }),
  }
}

/** Returns the failure of a step whose key holds a secret, as far as the run's secrets are known by now. */
export function secretInKey(secrets: Secrets, step: Step, action: Action): Failure | undefined {
  const problems = secrets.problemsOf(action, `step ${step.id}`, 'its key')
  return problems.length === 0 ? undefined : { kind: 'invalid', problems }
}

interface Keyed {
  readonly step: Step
  readonly inputs: ResolvedInputs
  readonly facts: StageFacts
  readonly action: Action
}

function prepare({ secrets }: KeyContext, { step, inputs, facts, action }: Keyed): Result<PreparedStep, Failure> {
  const leak = secretInKey(secrets, step, action)
  if (leak !== undefined) return { ok: false, error: leak }
  const { tools, source } = facts
  const doubts = [...tools.values()].flatMap(({ doubt }) => doubt ?? [])
  if (source.kind === 'doubtful') doubts.push(source.doubt)
  const doubtPart = doubts.length === 0 ? {} : { notCacheable: doubts.join(', ') }
  const { device } = action
  return { ok: true, value: { step, inputs, device, tools, action, key: actionKey(action), ...doubtPart } }
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
