import type { Result } from '../../../store/index.ts'
import { isGathered, normalInput } from '../declare/artifact.ts'
import type { ArtifactSource, GatheredSource } from '../declare/reference.ts'
import type { AnyStage } from '../declare/stage.ts'
import { stageProblems, toolProblems } from '../declare/stage-problems.ts'
import type { Problem } from '../failure/failure.ts'
import { isJson } from '../failure/json-value.ts'
import { unknownName } from '../failure/nearest.ts'
import {
  type Binding,
  declarationOf,
  type Each,
  enclosingEaches,
  type Graph,
  type Step,
  upstreamOf,
  wholeSource,
} from './graph.ts'
import { overlayProblems } from './overlay-problems.ts'
import { partProblems } from './part-problems.ts'
import { sharedStageNames } from './stage-name-problems.ts'
import { StepIndex } from './step-id.ts'

/** Returns the graph with its steps in a topological order, or every mistake that it has. */
export function validateGraph(graph: Graph): Result<Graph, readonly Problem[]> {
  const checker = new Checker(graph)
  const sound = new Set<AnyStage>()
  for (const step of graph.steps) {
    if (!sound.has(step.stage)) {
      const problems = stageProblems(`step ${step.id}`, step.stage)
      if (problems.length === 0) sound.add(step.stage)
      checker.problems.push(...problems)
    }
    checker.problems.push(...moreToolProblems(step))
    checker.step(step)
  }
  for (const each of Object.values(graph.eaches)) checker.list(each)
  checker.inputs()
  for (const [name, binding] of Object.entries(graph.outputs)) checker.binding(`output ${name}`, binding, undefined)
  const sorted = topologicalOrder(graph)
  const problems = [
    ...sharedIds(graph),
    ...sharedStageNames(graph),
    ...overlayProblems(graph),
    ...partProblems(graph),
    ...checker.problems,
    ...sorted.cycles,
  ]
  return problems.length > 0 ? { ok: false, error: problems } : { ok: true, value: { ...graph, steps: sorted.steps } }
}

/** Returns what is wrong with the tools that depend on the step's params. */
function moreToolProblems({ id, stage, params }: Step): readonly Problem[] {
  if (stage.toolsFor === undefined) return []
  const where = `step ${id}`
  try {
    const tools: unknown = stage.toolsFor(params)
    return Array.isArray(tools) ? toolProblems(where, tools) : [{ where, message: "its 'toolsFor' returns no list" }]
  } catch (error) {
    return [{ where, message: `its 'toolsFor' threw an exception: ${error instanceof Error ? error.message : error}` }]
  }
}

function sharedIds(graph: Graph): Problem[] {
  const index = new StepIndex<Step>()
  const problems: Problem[] = []
  for (const step of graph.steps) {
    const { id, name } = step
    const where = `step ${id}`
    if (/[/*]/.test(name) || name === '') {
      problems.push({
        where,
        message: `'${name}' is not a valid step id; an id must not be empty and must not contain '/' or '*'`,
      })
    }
    const other = index.add(id, step)
    if (other === id)
      problems.push({ where, message: `there are two steps with the id '${id}'; give one of them another id` })
    else if (other !== undefined) {
      problems.push({
        where,
        message: `its directory would overlap that of '${other}'; give one of them another id`,
      })
    }
  }
  return problems
}

/** Checks the wiring of steps, and collects what is wrong. */
class Checker {
  readonly problems: Problem[] = []
  readonly #graph: Graph
  readonly #steps: ReadonlyMap<string, Step>
  /** By innermost fan-out: all those around it, and itself. */
  readonly #enclosing = new Map<string | undefined, ReadonlySet<string>>()

  constructor(graph: Graph) {
    this.#graph = graph
    this.#steps = new Map(graph.steps.map((step) => [step.id, step]))
  }

  /** Checks one step. */
  step(step: Step): void {
    const where = `step ${step.id}`
    const { inputs } = step.stage
    const declared = Object.keys(inputs)
    for (const name of declared) {
      const declaration = inputs[name]
      if (declaration === undefined) continue
      const binding = step.bindings[name]
      const { kind, arity } = normalInput(declaration)
      if (binding === undefined) {
        if (arity === 'one') this.#add(where, `its input '${name}' is not wired`)
      } else if (binding.kind !== kind && !isEmpty(binding)) {
        this.#add(where, `its input '${name}' takes a ${kind}, but is wired to a ${binding.kind}`)
      } else if ((binding.arity === 'many') !== isGathered(arity)) {
        this.#add(where, `its input '${name}' takes ${isGathered(arity) ? 'several artifacts' : 'one artifact'}`)
      } else if (arity === 'one' && binding.arity === 'one' && step.condition?.kind !== 'present') {
        const why = this.#whyAbsent(binding.source)
        if (why !== undefined) {
          const what = 'declare it optional(...), or take the step only { when: present(artifact) }'
          this.#add(where, `its input '${name}' may be absent, because ${why}: ${what}`)
        }
      }
    }
    for (const name of Object.keys(step.bindings)) {
      const binding = step.bindings[name]
      if (binding === undefined) continue
      if (!declared.includes(name)) this.#add(where, unknownName('input', name, declared))
      this.binding(where, binding, step.each)
    }
    const { condition } = step
    if (condition?.kind === 'artifact') this.#value(where, 'its condition', condition.source, step.each)
    if (condition?.kind === 'present') this.#source(where, condition.source, step.each)
    if (step.each !== undefined && this.#graph.eaches[step.each] === undefined) {
      this.#add(where, `unknown fan-out '${step.each}'`)
    }
  }

  /** Checks what a fan-out is over. */
  list({ id, over, files, outer }: Each): void {
    const where = `the fan-out ${id}`
    if (files === undefined) this.#value(where, 'its list', over, outer)
    else this.#source(where, over, outer)
  }

  /** Checks the inputs of the pipeline. */
  inputs(): void {
    for (const [name, { arity }] of Object.entries(this.#graph.inputs)) {
      if (arity !== 'settled' && arity !== 'named') continue
      this.#add(
        `input ${name}`,
        `an input of a pipeline cannot be ${arity}: declare it many(...) there, and ${arity} in the stage that takes it`,
      )
    }
  }

  /** Checks the artifacts that a binding names, where `each` is the innermost fan-out around it. */
  binding(where: string, binding: Binding, each: string | undefined): void {
    const sources: readonly GatheredSource[] = binding.arity === 'one' ? [binding.source] : binding.sources
    for (const source of sources) this.#gathered(where, source, each)
  }

  #gathered(where: string, source: GatheredSource, each: string | undefined): void {
    if (source.from === 'pick') {
      this.#value(where, "the names that it 'pick's", source.names, each)
      for (const inner of source.of) this.#gathered(where, inner, each)
      return
    }
    if (source.from !== 'each') {
      this.#source(where, source, each)
      return
    }
    const gathered = this.#graph.eaches[source.each]
    if (gathered === undefined) this.#add(where, `unknown fan-out '${source.each}'`)
    else if (!this.#isWithin(gathered.outer, each))
      this.#add(where, 'it gathers from a fan-out inside another: gather in that one first')
    else for (const inner of source.sources) this.#gathered(where, inner, source.each)
  }

  #value(where: string, what: string, source: ArtifactSource, each: string | undefined): void {
    this.#source(where, source, each)
    const kind = declarationOf(this.#graph, this.#steps, source)?.kind ?? 'json'
    if (kind !== 'json') this.#add(where, `${what} must be a JSON value, but is wired to a ${kind}`)
  }

  #source(where: string, source: ArtifactSource, each: string | undefined): void {
    switch (source.from) {
      case 'input':
        if (this.#graph.inputs[source.input] === undefined) {
          this.#add(where, unknownName('pipeline input', source.input, Object.keys(this.#graph.inputs)))
        }
        return
      case 'item':
        if (!this.#isWithin(source.each, each)) this.#add(where, 'it uses an item outside its fan-out')
        return
      case 'step': {
        const upstream = this.#steps.get(source.step)
        if (upstream === undefined) {
          this.#add(where, unknownName('step', source.step, [...this.#steps.keys()]))
          return
        }
        const outputs = Object.keys(upstream.stage.outputs)
        if (!outputs.includes(source.output)) {
          this.#add(where, `the step '${source.step}': ${unknownName('output', source.output, outputs)}`)
        }
        if (!this.#isWithin(upstream.each, each)) {
          const message = `it uses '${source.step}' outside the fan-out that repeats it; wire it to what 'each' returns`
          this.#add(where, message)
        }
        return
      }
      case 'constant':
        if (!isJson(source.value)) this.#add(where, "it uses a 'constant' that is not JSON")
        return
      case 'select':
        this.#value(where, "what it 'select's from", source.of, each)
        return
      default:
        source satisfies never
    }
  }

  /** Returns why an artifact may not be there, where that is known before a run. */
  #whyAbsent(source: ArtifactSource): string | undefined {
    const whole = wholeSource(source)
    if (whole.from === 'input') {
      return this.#graph.inputs[whole.input]?.arity === 'optional'
        ? `the input '${whole.input}' of the pipeline may be left out`
        : undefined
    }
    const condition = whole.from === 'step' ? this.#steps.get(whole.step)?.condition : undefined
    if (whole.from !== 'step' || condition === undefined) return undefined
    if (condition.kind === 'constant' && condition.holds) return undefined
    return `the step '${whole.step}' has a condition`
  }

  /** Whether the fan-out `inner` is inside `outer`, or in none. */
  #isWithin(outer: string | undefined, inner: string | undefined): boolean {
    if (outer === undefined || outer === inner) return true
    const known = this.#enclosing.get(inner)
    const ids = known ?? new Set(enclosingEaches(this.#graph, inner).map(({ id }) => id))
    this.#enclosing.set(inner, ids)
    return ids.has(outer)
  }

  #add(where: string, message: string): void {
    this.problems.push({ where, message })
  }
}

/** A list of no artifacts is of any kind. */
function isEmpty(binding: Binding): boolean {
  return binding.arity === 'many' && binding.sources.length === 0
}

/** Returns the steps in topological order, and a trail for each cycle. */
function topologicalOrder(graph: Graph): { readonly steps: readonly Step[]; readonly cycles: readonly Problem[] } {
  const byId = new Map(graph.steps.map((step) => [step.id, step]))
  const state = new Map<string, 'open' | 'done'>()
  const steps: Step[] = []
  const cycles: Problem[] = []
  const trail: { readonly step: Step; readonly upstream: readonly string[]; next: number }[] = []
  const enter = (step: Step) => {
    state.set(step.id, 'open')
    trail.push({ step, upstream: upstreamOf(graph, step), next: 0 })
  }
  for (const root of graph.steps) {
    if (!state.has(root.id)) enter(root)
    for (let top = trail.at(-1); top !== undefined; top = trail.at(-1)) {
      const next = top.upstream[top.next++]
      if (next === undefined) {
        state.set(top.step.id, 'done')
        steps.push(top.step)
        trail.pop()
      } else if (state.get(next) === 'open') {
        const ids = trail.map(({ step }) => step.id)
        const cycle = [...ids.slice(ids.indexOf(next)), next].reverse().join(' -> ')
        cycles.push({ where: `step ${next}`, message: `it needs itself: ${cycle}` })
      } else if (!state.has(next)) {
        const step = byId.get(next)
        if (step !== undefined) enter(step)
      }
    }
  }
  return { steps, cycles }
}
