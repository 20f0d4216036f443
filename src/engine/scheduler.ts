import { canonicalJson, digestBytes, type JsonValue, type StoredArtifact } from '../../store/index.ts'
import {
  type ArtifactSource,
  type Binding,
  describeFailure,
  type Failure,
  type Outcome,
  type Step,
  safeFileName,
} from '../core/index.ts'
import { type Available, jsonValueAt, type ResolvedInput, type ResolvedInputs } from './inputs.ts'
import { type PreparedStep, prepareStep } from './prepared-step.ts'
import type { RunContext } from './run-context.ts'

/** A step's outcome, and where its outputs lie when it has some. */
export interface StepEnd {
  readonly outcome: Outcome
  readonly outputs: Readonly<Record<string, Available>>
}

export interface SchedulerOptions {
  /** Ids of the steps to bring to an end; others are started only when one of these needs them. */
  readonly needed: ReadonlySet<string>
  /** Brings a step whose inputs are there to its end: runs it, or only foretells it. */
  readonly perform: (prepared: PreparedStep) => Promise<StepEnd>
}

/** What the scheduler needs of a run. */
export type SchedulerContext = Pick<RunContext, 'graph' | 'device' | 'probe' | 'signal' | 'emit' | 'failFast'>

/** One element of a list that a step computed, as an artifact. */
interface Item {
  readonly name: string
  readonly available: Available
}

/** Why a step cannot be run: what it needs has not been made. */
class Unavailable {
  readonly outcome: Outcome

  constructor(outcome: Outcome) {
    this.outcome = outcome
  }
}

/**
 * Decides when each step runs: as soon as what it needs is there, and nothing that it needs has failed.
 * A step's end is a promise that is made once; the graph's order guarantees that it never waits for itself.
 */
export class Scheduler {
  readonly #context: SchedulerContext
  readonly #inputs: ReadonlyMap<string, Available>
  readonly #options: SchedulerOptions
  readonly #ends = new Map<string, Promise<StepEnd>>()
  readonly #steps: ReadonlyMap<string, Step>
  readonly outcomes = new Map<string, Outcome>()

  constructor(context: SchedulerContext, inputs: ReadonlyMap<string, Available>, options: SchedulerOptions) {
    this.#context = context
    this.#inputs = inputs
    this.#options = options
    this.#steps = new Map(context.graph.steps.map((step) => [step.id, step]))
  }

  /** Runs every step that is selected, and serves from the store those that they need. */
  async run(): Promise<void> {
    const wanted = this.#context.graph.steps.filter((step) => this.#options.needed.has(step.id))
    await Promise.all(wanted.map((step) => this.#startAll(step)))
  }

  /** The ids of the steps that were started; those of one fan-out stand in the order of its list. */
  get started(): readonly string[] {
    return [...this.#ends.keys()]
  }

  /** Returns the artifacts that a binding stands for, once they are there; nothing for those that are absent. */
  async available(binding: Binding): Promise<readonly Available[]> {
    try {
      const input = await this.#resolve(binding, undefined)
      return input.arity === 'one' ? [input.available] : input.arity === 'many' ? input.list : []
    } catch (error) {
      if (error instanceof Unavailable) return []
      throw error
    }
  }

  /** Starts a step, or one for each item where it is the body of a fan-out over a computed list. */
  async #startAll(step: Step): Promise<void> {
    if (step.each === undefined) {
      await this.#end(step, undefined)
      return
    }
    const items = await this.#items(step.each).catch((error: unknown) => {
      if (!(error instanceof Unavailable)) throw error
      this.#settle(step.id, this.#prevented(step, error.outcome))
      return []
    })
    await Promise.all(items.map((item) => this.#end(step, item)))
  }

  #end(step: Step, item: Item | undefined): Promise<StepEnd> {
    const id = item === undefined ? step.id : `${step.id}/${item.name}`
    const known = this.#ends.get(id)
    if (known !== undefined) return known
    const end = this.#run(item === undefined ? step : { ...step, id }, item).then((ended) => this.#settle(id, ended))
    this.#ends.set(id, end)
    return end
  }

  #settle(id: string, end: StepEnd): StepEnd {
    this.outcomes.set(id, end.outcome)
    if (end.outcome.kind === 'failed') this.#context.failFast.note(id)
    return end
  }

  async #run(step: Step, item: Item | undefined): Promise<StepEnd> {
    try {
      if (!(await this.#isTaken(step, item))) return this.#skip(step, 'condition')
      const inputs = await this.#resolveAll(step, item)
      if (this.#context.signal.aborted) return ended({ kind: 'cancelled' })
      const failed = this.#context.failFast.step
      if (failed !== undefined) return this.#skip(step, { step: failed })
      const prepared = await prepareStep(this.#context, step, inputs)
      if (!prepared.ok) return this.#fail(step, prepared.error)
      return await this.#options.perform(prepared.value)
    } catch (error) {
      if (!(error instanceof Unavailable)) throw error
      return this.#prevented(step, error.outcome)
    }
  }

  #prevented(step: Step, outcome: Outcome): StepEnd {
    return outcome.kind === 'skipped' ? this.#skip(step, outcome.because) : ended(outcome)
  }

  #skip(step: Step, because: 'condition' | { readonly step: string }): StepEnd {
    const why = because === 'condition' ? { because } : { because: 'upstream' as const, upstream: because.step }
    this.#context.emit({ event: 'stage_skipped', stage: step.id, ...why })
    return ended({ kind: 'skipped', because })
  }

  #fail(step: Step, failure: Failure): StepEnd {
    this.#context.emit({ event: 'stage_failed', stage: step.id, failure, message: describeFailure(failure) })
    return ended({ kind: 'failed', failure })
  }

  async #isTaken(step: Step, item: Item | undefined): Promise<boolean> {
    const { condition } = step
    if (condition === undefined) return true
    if (condition.kind === 'constant') return condition.holds
    const available = await this.#source(condition.source, item)
    return available !== undefined && condition.is(jsonValueAt(available))
  }

  async #resolveAll(step: Step, item: Item | undefined): Promise<ResolvedInputs> {
    const inputs: Record<string, ResolvedInput> = {}
    for (const [name, declaration] of Object.entries(step.stage.inputs)) {
      const binding = step.bindings[name]
      const arity = typeof declaration === 'string' ? 'one' : declaration.arity
      const input: ResolvedInput = binding === undefined ? { arity: 'absent' } : await this.#resolve(binding, item)
      // What was skipped cannot be required: the types forbid the wiring, and a hand-made graph meets it here.
      if (arity === 'one' && input.arity === 'absent') throw new Unavailable({ kind: 'skipped', because: 'condition' })
      inputs[name] = arity === 'many' && input.arity === 'absent' ? { arity: 'many', list: [] } : input
    }
    return inputs
  }

  async #resolve(binding: Binding, item: Item | undefined): Promise<ResolvedInput> {
    if (binding.arity === 'one') {
      const available = await this.#source(binding.source, item)
      return available === undefined ? { arity: 'absent' } : { arity: 'one', available }
    }
    const { over, sources } = binding
    const items: readonly (Item | undefined)[] = over === undefined ? [item] : await this.#itemsOver(over)
    const list: Available[] = []
    for (const each of items) {
      for (const source of sources) {
        const available = await this.#source(source, each)
        if (available !== undefined) list.push(available)
      }
    }
    return { arity: 'many', list }
  }

  async #source(source: ArtifactSource, item: Item | undefined): Promise<Available | undefined> {
    switch (source.from) {
      case 'input':
        return this.#inputs.get(source.input)
      case 'item':
        return item?.available
      case 'step': {
        const step = this.#steps.get(source.step)
        if (step === undefined) throw new TypeError(`the graph has no step '${source.step}'`)
        return this.#outputOf(step, source.output, step.each === undefined ? undefined : item)
      }
      default:
        return source satisfies never
    }
  }

  async #outputOf(step: Step, output: string, item: Item | undefined): Promise<Available | undefined> {
    const { outcome, outputs } = await this.#end(step, item)
    switch (outcome.kind) {
      case 'executed':
      case 'cached':
        return outputs[output]
      case 'failed':
        throw new Unavailable({ kind: 'skipped', because: { step: step.id } })
      case 'skipped':
        if (outcome.because === 'condition') return undefined
        throw new Unavailable(outcome)
      case 'cancelled':
        throw new Unavailable(outcome)
      default:
        return outcome satisfies never
    }
  }

  async #items(each: string): Promise<readonly Item[]> {
    const over = this.#context.graph.eaches[each]?.over
    return over === undefined ? [] : this.#itemsOver(over)
  }

  /** Returns the elements of a computed list; each is an artifact of its own, so a changed list runs only what changed. */
  async #itemsOver(over: ArtifactSource): Promise<readonly Item[]> {
    const list = await this.#source(over, undefined)
    const value = list === undefined ? [] : jsonValueAt(list)
    if (!Array.isArray(value)) throw new TypeError('a fan-out is over an artifact that is no list')
    return itemsOf(value)
  }
}

/** Returns the elements of a list as items; equal elements are one item, and those that share a name are told apart by digest. */
function itemsOf(list: readonly JsonValue[]): readonly Item[] {
  const hashOfName = new Map<string, string>()
  return list.map((value) => {
    const text = canonicalJson(value)
    const digest = digestBytes(Buffer.from(text))
    const artifact: StoredArtifact = { kind: 'json', digest, sizeBytes: digest.sizeBytes }
    const short = digest.hash.slice(0, 12)
    const name = safeFileName(readableName(value) ?? short)
    const unique = (hashOfName.get(name) ?? digest.hash) === digest.hash ? name : `${name}~${short}`
    hashOfName.set(unique, digest.hash)
    return { name: unique, available: { artifact, path: '', text } }
  })
}

function ended(outcome: Outcome): StepEnd {
  return { outcome, outputs: {} }
}

/** Returns an item's own name: itself when it is short text or a number, else its `id` or `name`. */
function readableName(value: JsonValue): string | undefined {
  if (typeof value === 'number') return String(value)
  if (typeof value === 'string') return value.length <= 60 ? value : undefined
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined
  const named = 'id' in value ? value.id : 'name' in value ? value.name : undefined
  return typeof named === 'string' || typeof named === 'number' ? String(named) : undefined
}
