import type { ArtifactSource, Binding, GatheredSource, Step } from '../../core/index.ts'
import { type Available, asDeclared, type ResolvedInput, type ResolvedInputs } from '../execute/inputs.ts'
import type { StepEnd } from '../schedule/step-end.ts'
import { isChoosy } from './device-mix.ts'
import { prepareAtOnce } from './prepared-step.ts'
import type { RunContext } from './run-context.ts'
import { hitEnd } from './serve.ts'
import { StepSite } from './step-site.ts'

/** What is known as a run begins. */
export interface EndDoneStepsOptions {
  /** Ids of the steps that the run brings to an end. */
  readonly needed: ReadonlySet<string>
  readonly inputs: ReadonlyMap<string, Available>
}

export interface EndedSteps {
  readonly ends: ReadonlyMap<string, StepEnd>
  /** By the store's clock, since when their results are noted as used. */
  readonly notedMs: number
}

/** So many steps are ended before something else gets its turn, such as a cancel. */
const stepsAtOnce = 1000

/**
 * Ends the steps that the job's last run left done and that nothing has touched since: their keys are the same, their
 * results are in the store, their files in place. They are taken in the order of the graph, without a promise or a
 * look-up for each. Everything else is left to the scheduler, as is all that comes after it.
 */
export async function endDoneSteps(context: RunContext, options: EndDoneStepsOptions): Promise<EndedSteps> {
  const { done, tracing, graph, signal, store, used, jobDir } = context
  const ends = new Map<string, StepEnd>()
  // Who traces a run is to see its look-ups.
  if (!done.stand || tracing.isOn) return { ends, notedMs: Number.POSITIVE_INFINITY }
  const steps = graph.steps.filter((step) => options.needed.has(step.id) && isPlain(context, step))
  await learnStages(context, steps)
  const remembered = store.ledger.jobs.keys(jobDir, graph.pipeline)
  const hits: { readonly key: string; readonly savedMs: number }[] = []
  for (const [index, step] of steps.entries()) {
    if (index % stepsAtOnce === stepsAtOnce - 1) await new Promise(setImmediate)
    if (signal.aborted) break
    const inputs = inputsAmong(step, options.inputs, ends)
    const prepared = inputs && prepareAtOnce(context, step, inputs)
    const end = prepared && untouchedEnd(new StepSite(context, prepared))
    if (prepared === undefined || end?.outcome.kind !== 'cached') continue
    const { key, result } = end.outcome
    ends.set(step.id, end)
    hits.push({ key, savedMs: result.durationMs })
    // What the job's memory says of a step already is not written again.
    if (remembered[step.id] !== key || isChoosy(step)) used.set(step.id, { key, action: prepared.action })
  }
  return { ends, notedMs: store.actions.countHits(hits, done.notedMs) }
}

/** Returns whether nothing but its inputs and its key decides what becomes of a step. */
function isPlain({ selected }: RunContext, { name, condition, each, fallbacks = [] }: Step): boolean {
  const isTaken = condition === undefined || (condition.kind === 'constant' && condition.holds)
  return isTaken && each === undefined && fallbacks.length === 0 && !selected.forces(name) && !selected.checks(name)
}

/** Finds out once what the scheduler finds out for each step; what is wrong is told by that. */
async function learnStages({ facts }: RunContext, steps: readonly Step[]): Promise<void> {
  const stages = new Set<Step['stage']>()
  for (const step of steps) {
    if (stages.has(step.stage)) continue
    stages.add(step.stage)
    await facts.find(step)
  }
}

function untouchedEnd(site: StepSite): StepEnd | undefined {
  if (site.prepared.notCacheable !== undefined) return undefined
  const result = site.context.done.untouchedResult(site)
  if (result === undefined) return undefined
  const outputs: Record<string, Available> = {}
  for (const name of Object.keys(result.outputs)) {
    const artifact = result.outputs[name]
    const path = site.pathOf(name)
    if (artifact !== undefined && path !== undefined) outputs[name] = { artifact, path }
  }
  return hitEnd(site, result, outputs)
}

/** Returns what the inputs of a step are, where the steps that make them have ended. */
function inputsAmong(
  step: Step,
  given: ReadonlyMap<string, Available>,
  ends: ReadonlyMap<string, StepEnd>,
): ResolvedInputs | undefined {
  const inputs: Record<string, ResolvedInput> = {}
  for (const name of Object.keys(step.stage.inputs)) {
    const declaration = step.stage.inputs[name]
    const binding = step.bindings[name]
    const input = binding === undefined ? ({ arity: 'absent' } as const) : inputAmong(binding, given, ends)
    const resolved = declaration === undefined || input === undefined ? undefined : asDeclared(declaration, input)
    if (resolved === undefined) return undefined
    inputs[name] = resolved
  }
  return inputs
}

function inputAmong(
  binding: Binding,
  given: ReadonlyMap<string, Available>,
  ends: ReadonlyMap<string, StepEnd>,
): ResolvedInput | undefined {
  const find = (source: ArtifactSource | GatheredSource) => {
    if (source.from === 'input') return given.get(source.input)
    return source.from === 'step' ? ends.get(source.step)?.outputs[source.output] : undefined
  }
  if (binding.arity === 'one') {
    const available = find(binding.source)
    return available && { arity: 'one', available }
  }
  const list: Available[] = []
  for (const source of binding.sources) {
    const available = find(source)
    if (available === undefined) return undefined
    list.push(available)
  }
  return { arity: 'many', list }
}
