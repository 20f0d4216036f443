import type { Result } from '../../store/index.ts'
import { type Failure, type Graph, type Problem, stepNames, unknownName } from '../core/index.ts'
import type { Selection } from './request.ts'

/** What a selection means for one graph. */
export interface SelectedSteps {
  /** Whether a step may be executed or materialized for its own sake. */
  has(name: string): boolean
  /** Whether a step is executed even on a hit. */
  forces(name: string): boolean
}

/** Returns the steps that a selection names, or what is wrong with its names. */
export function selectSteps(graph: Graph, selection: Selection = {}): Result<SelectedSteps, Failure> {
  const names = stepNames(graph.steps)
  const { from, to, stages, force = false, forceRerun = [], clearFrom } = selection
  const problems = [
    ...nameProblems('--from', from === undefined ? [] : [from], graph, names),
    ...nameProblems('--to', to === undefined ? [] : [to], graph, names),
    ...nameProblems('--stages', stages ?? [], graph, names),
    ...nameProblems('--force-rerun', forceRerun, graph, names),
    ...nameProblems('--clear-from', clearFrom === undefined ? [] : [clearFrom], graph, names),
  ]
  if (problems.length > 0) return { ok: false, error: { kind: 'invalid', problems } }
  const first = from === undefined ? 0 : names.indexOf(from)
  const last = to === undefined ? names.length - 1 : names.indexOf(to)
  if (stages === undefined && from !== undefined && to !== undefined && first > last) {
    const message = `'${from}' comes after '${to}' (order: ${names.join(', ')})`
    return { ok: false, error: { kind: 'invalid', problems: [{ where: '--from, --to', message }] } }
  }
  const selected = new Set(stages ?? names.slice(first, last + 1))
  const unselected = forceRerun.filter((name) => !selected.has(name))
  if (unselected.length > 0) {
    const message = `${unselected.join(', ')} is not among the selected steps (${[...selected].join(', ')})`
    return { ok: false, error: { kind: 'invalid', problems: [{ where: '--force-rerun', message }] } }
  }
  return {
    ok: true,
    value: {
      has: (name) => selected.has(name),
      forces: (name) => selected.has(name) && (force || forceRerun.includes(name)),
    },
  }
}

function nameProblems(flag: string, wanted: readonly string[], graph: Graph, names: readonly string[]): Problem[] {
  return wanted
    .filter((name) => !names.includes(name))
    .map((name) => ({
      where: flag,
      message: graph.order.includes(name)
        ? `the step '${name}' is not part of the pipeline with these params`
        : unknownName('step', name, names),
    }))
}
