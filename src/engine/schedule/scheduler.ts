import type { Result, TreeEntry } from '../../../store/index.ts'
import {
  type Binding,
  type Each,
  type EventBody,
  type EventOf,
  enclosingEaches,
  type Failure,
  failureMessage,
  type Graph,
  listsOf,
  type Outcome,
  openItemsIn,
  type SkipCause,
  type Step,
  StepIndex,
  sourcesOf,
  type WholeSource,
  withItems,
} from '../../core/index.ts'
import { type Available, artifactsOf, type ResolvedInput, type ResolvedInputs } from '../execute/inputs.ts'
import type { FailFast } from './fail-fast.ts'
import type { Scope } from './wiring/scope.ts'
import { type StepEnd, Unavailable, Unusable } from './wiring/step-end.ts'
import { whenThere } from './wiring/waiting.ts'
import { Wiring } from './wiring/wiring.ts'

type Awaitable<Value> = Value | Promise<Value>

/**
 * Continues with a value as soon as it exists: at once if it does, because ten thousand hits would take as many
 * promises.
 */
function chain<From, To>(value: Awaitable<From>, next: (value: From) => Awaitable<To>): Awaitable<To> {
  return value instanceof Promise ? value.then(next) : next(value)
}

/** What the scheduler does with steps. `Prepared` is a step whose key is known. */
export interface SchedulerOptions<Prepared> {
  /** Ids of the steps to bring to an end; others are started only when one of these needs them. */
  readonly needed: ReadonlySet<string>
  /** Derives the key of a step whose inputs are there, or returns why it cannot. */
  readonly prepare: (step: Step, inputs: ResolvedInputs) => Awaitable<Result<Prepared, Failure>>
  /** Brings a prepared step to its end: runs it, or only predicts its end. */
  readonly perform: (prepared: Prepared) => Awaitable<StepEnd>
  /** Returns what a tree holds; undefined if it has changed. */
  readonly entriesOf: (tree: Available) => Promise<readonly TreeEntry[] | undefined>
}

/** What the scheduler needs of a run. */
export interface SchedulerContext {
  readonly graph: Graph
  /** Aborted when the run is cancelled. */
  readonly signal: AbortSignal
  readonly emit: (event: EventBody) => void
  readonly failFast: FailFast
}

/** An artifact, and the item of the fan-out that it was gathered from. */
export interface AvailableItem {
  readonly available: Available
  readonly item?: string
}

/** How many steps start before the event loop gets a turn, such as for a cancel: hits alone wait for nothing. */
const stepsInTurn = 1000

/**
 * Decides when each step runs: as soon as what it needs is there, and nothing that it needs has failed.
 * A step's end is there at once, or a promise that is made once; the graph's order guarantees that it never waits for
 * itself.
 */
export class Scheduler<Prepared> {
  readonly #context: SchedulerContext
  readonly #options: SchedulerOptions<Prepared>
  readonly #wiring: Wiring
  readonly #ends = new Map<string, Awaitable<StepEnd>>()
  readonly outcomes = new Map<string, Outcome>()

  constructor(
    context: SchedulerContext,
    inputs: ReadonlyMap<string, ResolvedInput>,
    options: SchedulerOptions<Prepared>,
  ) {
    this.#context = context
    this.#options = options
    this.#wiring = new Wiring({
      graph: context.graph,
      inputs,
      entriesOf: options.entriesOf,
      warn: (message) => context.emit({ event: 'pipeline_warning', message }),
      endOf: (step, scope) => this.#end(step, scope),
      failureOf: (id) => {
        const outcome = this.outcomes.get(id)
        return outcome?.kind === 'failed' ? outcome.failure : undefined
      },
    })
  }

  /** Runs every step that is selected, and serves from the store those that they need. */
  async run(): Promise<void> {
    const { needed } = this.#options
    const wanted = this.#context.graph.steps.filter(({ id }) => needed.has(id))
    const started: Promise<unknown>[] = []
    for (const [index, step] of wanted.entries()) {
      if (index % stepsInTurn === stepsInTurn - 1) await new Promise(setImmediate)
      const start = this.#startAll(step)
      if (!(start instanceof Promise)) continue
      // What it rejects with is thrown below, when all have been started.
      start.catch(() => {})
      started.push(start)
    }
    await Promise.all(started)
  }

  /** Returns ids in the order of the graph's steps, and the items of a fan-out in that of its list. */
  inOrder(ids: readonly string[]): readonly string[] {
    const { graph } = this.#context
    const index = new StepIndex<{ readonly step: Step; readonly position: number }>()
    for (const [position, step] of graph.steps.entries()) index.add(step.id, { step, position })
    const place = (id: string): readonly number[] => {
      const found = index.find(id)
      if (found === undefined) return []
      const { step, position } = found
      if (step.each === undefined) return [position]
      const items = openItemsIn(step.id, id)
      const turns = enclosingEaches(graph, step.each).map(({ id: each }, depth) => {
        return this.#wiring.turnOf(each, items.slice(0, depth), items[depth] ?? '') ?? 0
      })
      return [position, ...turns]
    }
    const placed = ids.map((id) => ({ id, place: place(id) }))
    return placed.sort((a, b) => compareNumbers(a.place, b.place)).map(({ id }) => id)
  }

  /**
   * Returns the artifacts of a binding, with their items: those that are there. Undefined if they come from steps that
   * do not run.
   */
  async available(binding: Binding): Promise<readonly AvailableItem[] | undefined> {
    const isNeeded = (source: WholeSource) => source.from !== 'step' || this.#options.needed.has(source.step)
    const lists = listsOf(this.#context.graph, binding)
    if (![...sourcesOf(binding), ...lists].every(isNeeded)) return undefined
    try {
      const input = await whenThere(this.#wiring.resolve(binding, undefined, 'what-is-there'))
      if (input.arity === 'items') return input.items.filter((one) => one.failure === undefined)
      return artifactsOf(input).map((available) => ({ available }))
    } catch (error) {
      if (error instanceof Unavailable || error instanceof Unusable) return []
      throw error
    }
  }

  /** Starts a step, or one for each item where it is in the body of a fan-out over a computed list. */
  #startAll(step: Step): Awaitable<unknown> {
    if (step.each === undefined) return this.#end(step, undefined)
    return this.#startIn(step, enclosingEaches(this.#context.graph, step.each), undefined)
  }

  async #startIn(step: Step, [each, ...inner]: readonly Each[], scope: Scope | undefined): Promise<void> {
    if (each === undefined) {
      await this.#end(step, scope)
      return
    }
    let scopes: readonly Scope[]
    try {
      scopes = await whenThere(this.#wiring.scopesOf(each.id, scope))
    } catch (error) {
      const id = withItems(step.id, scope?.names ?? [])
      // Equal elements of the list around it are one item, and come here one after the other.
      if (this.#ends.has(id)) return
      this.#settle(id, this.#endWithout({ ...step, id }, error))
      return
    }
    await Promise.all(scopes.map((scope) => this.#startIn(step, inner, scope)))
  }

  #end(step: Step, scope: Scope | undefined): Awaitable<StepEnd> {
    const id = scope === undefined ? step.id : withItems(step.id, scope.names)
    const known = this.#ends.get(id)
    if (known !== undefined) return known
    const run = () => this.#run(scope === undefined ? step : { ...step, id }, scope)
    const end = chain(chain(this.#endBefore(step), run), (ended) => this.#settle(id, ended))
    if (end instanceof Promise) this.#ends.set(id, end)
    return end
  }

  /**
   * Returns the end that a step waits for first of all, where that is one of a step that has been started. A step that
   * is run only then holds nothing meanwhile: ten thousand that are run at once, to wait each for the one before it,
   * hold
   * 3 KiB each.
   */
  #endBefore({ condition, each, bindings, stage }: Step): Awaitable<StepEnd> | undefined {
    if (condition !== undefined || each !== undefined) return undefined
    const [first = ''] = Object.keys(stage.inputs)
    const binding = bindings[first]
    const isOfStep = binding?.arity === 'one' && binding.source.from === 'step'
    return isOfStep ? this.#ends.get(binding.source.step) : undefined
  }

  #settle(id: string, end: StepEnd): StepEnd {
    this.#ends.set(id, end)
    this.outcomes.set(id, end.outcome)
    return end
  }

  #run(step: Step, scope: Scope | undefined): Awaitable<StepEnd> {
    const run = () =>
      chain(whenThere(this.#wiring.inputsOf(step, scope)), (inputs) =>
        inputs === undefined ? this.#skip(step, 'condition') : this.#runWith(step, inputs),
      )
    try {
      const end = run()
      return end instanceof Promise ? end.catch((error: unknown) => this.#endWithout(step, error)) : end
    } catch (error) {
      return this.#endWithout(step, error)
    }
  }

  #runWith(step: Step, inputs: ResolvedInputs): Awaitable<StepEnd> {
    const { signal, failFast } = this.#context
    if (signal.aborted) return ended({ kind: 'cancelled' })
    if (failFast.step !== undefined) return this.#skip(step, { failed: failFast.step })
    return chain(this.#options.prepare(step, inputs), (prepared) => {
      if (signal.aborted) return ended({ kind: 'cancelled' })
      return prepared.ok ? this.#options.perform(prepared.value) : this.#fail(step, prepared.error)
    })
  }

  /** Returns the end of a step that cannot be run; throws on what is a bug. */
  #endWithout(step: Step, error: unknown): StepEnd {
    const { signal } = this.#context
    if (signal.aborted && error === signal.reason) return ended({ kind: 'cancelled' })
    if (error instanceof Unusable) return this.#fail(step, error.failureOf(step.id))
    if (!(error instanceof Unavailable)) throw error
    const { outcome } = error
    return outcome.kind === 'skipped' ? this.#skip(step, outcome.because) : ended(outcome)
  }

  #skip(step: Step, because: 'condition' | SkipCause): StepEnd {
    this.#context.emit({ event: 'stage_skipped', stage: step.id, ...skipReason(because) })
    return ended({ kind: 'skipped', because })
  }

  #fail(step: Step, failure: Failure): StepEnd {
    this.#context.failFast.note(step, failure)
    this.#context.emit({ event: 'stage_failed', stage: step.id, failure, message: failureMessage(failure) })
    return ended({ kind: 'failed', failure })
  }
}

function skipReason(
  because: 'condition' | SkipCause,
): Pick<EventOf<'stage_skipped'>, 'because' | 'upstream' | 'failed'> {
  if (because === 'condition') return { because }
  return 'failed' in because
    ? { because: 'failure', failed: because.failed }
    : { because: 'upstream', upstream: because.step }
}

function compareNumbers(a: readonly number[], b: readonly number[]): number {
  for (let at = 0; at < Math.max(a.length, b.length); at++) {
    const difference = (a[at] ?? -1) - (b[at] ?? -1)
    if (difference !== 0) return difference
  }
  return 0
}

function ended(outcome: Outcome): StepEnd {
  return { outcome, outputs: {} }
}
