import { actionKey, type LocalStore, type Result } from '../../../store/index.ts'
import {
  type Action,
  type ActionParts,
  type AnyStage,
  buildAction,
  type Device,
  type Failure,
  type Step,
} from '../../core/index.ts'
import type { ResolvedInputs } from '../execute/inputs.ts'
import type { Secrets } from '../key/secrets.ts'
import type { StageFactFinder, StageFacts } from '../key/stage-facts.ts'
import type { Takes } from '../key/takes.ts'
import type { ProbedTool } from '../key/tool-probe.ts'
import type { DoneStepsOfJob } from './done-steps.ts'
import { fillAction } from './fill-action.ts'

/** A step whose inputs exist, with its action and its key. */
export interface PreparedStep {
  readonly step: Step
  readonly inputs: ResolvedInputs
  readonly device: Device
  readonly tools: ReadonlyMap<string, ProbedTool>
  readonly action: Action
  readonly key: string
  /** Why the action is incomplete, so that it can neither be looked up nor recorded. */
  readonly notCacheable?: string
  /** How many rungs of its ladder it has gone down for want of memory. */
  readonly rung?: number
}

/** The parts of a run that the keys of its steps depend on. */
export interface KeyContext {
  readonly store: LocalStore
  readonly device: Device
  /** The devices of pools whose steps other machines execute. */
  readonly poolDevices?: Readonly<Record<string, Device>>
  readonly facts: StageFactFinder
  readonly secrets: Secrets
  readonly takes: Takes
}

/** Returns a step with its action and key, or why a part of the key cannot be determined. */
export function prepareStep(
  context: KeyContext,
  step: Step,
  inputs: ResolvedInputs,
): Result<PreparedStep, Failure> | Promise<Result<PreparedStep, Failure>> {
  const facts = context.facts.known(step.stage)
  const take = context.takes.settled(step.id)
  // Mostly everything is known already: ten thousand steps do without a promise each.
  if (facts === undefined || take === undefined) return prepareLater(context, step, inputs)
  return prepare(context, {
    step,
    inputs,
    facts,
    take,
    parts: fillAction({ device: deviceOf(context, step) }, step, inputs, facts),
  })
}

/**
 * Finds out what the keys of those steps need that were hits before: they are hits again at once, where nothing is to
 * be
 * found out any more. What is wrong is reported when its step is prepared.
 */
export async function prepareStages(
  { facts, done, signal }: KeyContext & { readonly done: DoneStepsOfJob; readonly signal: AbortSignal },
  steps: readonly Step[],
): Promise<void> {
  const stages = new Set<AnyStage>()
  for (const step of steps) {
    if (stages.has(step.stage) || step.condition !== undefined || done.get(step.id)?.result === undefined) continue
    stages.add(step.stage)
    try {
      await facts.find(step)
    } catch (error) {
      if (!signal.aborted) throw error
      return
    }
  }
}

/** Returns the device of the machines that execute a step. */
function deviceOf({ device, poolDevices }: KeyContext, { stage }: Step): Device {
  return poolDevices?.[stage.resources?.pool ?? 'cpu'] ?? device
}

async function prepareLater(
  context: KeyContext,
  step: Step,
  inputs: ResolvedInputs,
): Promise<Result<PreparedStep, Failure>> {
  const found = await context.facts.find(step)
  if (!found.ok) return found
  const parts = fillAction({ device: deviceOf(context, step) }, step, inputs, found.value)
  const isFree = async (take: number) => {
    const { kind } = await context.store.lookup(actionKey(buildAction({ take, ...parts })))
    return kind === 'absent'
  }
  const take = context.takes.settled(step.id) ?? (await context.takes.fresh(step.id, isFree))
  return prepare(context, { step, inputs, facts: found.value, take, parts })
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
  readonly take: number
  readonly parts: ActionParts
}

function prepare({ secrets }: KeyContext, { step, inputs, facts, take, parts }: Keyed): Result<PreparedStep, Failure> {
  const action = buildAction({ take, ...parts })
  const leak = secretInKey(secrets, step, action)
  if (leak !== undefined) return { ok: false, error: leak }
  const { tools, source } = facts
  const doubts = [...tools.values()].flatMap(({ doubt }) => doubt ?? [])
  if (source.kind === 'doubtful') doubts.push(source.doubt)
  const doubtPart = doubts.length === 0 ? {} : { notCacheable: doubts.join(', ') }
  const { device } = action
  return { ok: true, value: { step, inputs, device, tools, action, key: actionKey(action), ...doubtPart } }
}
