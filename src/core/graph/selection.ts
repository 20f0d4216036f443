import type { Result } from '../../../store/index.ts'
import type { Problem } from '../failure/failure.ts'
import { unknownName } from '../failure/nearest.ts'
import { type Graph, stepNames } from './graph.ts'
import { couldMean, nameInId } from './step-id.ts'

/** The steps of a run; names are those of `stepNames`, ranges are inclusive and in pipeline order. */
export interface Selection {
  readonly from?: string
  readonly to?: string
  /** Only these steps; wins over `from` and `to`. */
  readonly steps?: readonly string[]
  /** The earlier name of `steps`; where both are given, the steps of both are selected. */
  readonly stages?: readonly string[]
  /** Executes every selected step, also on a hit. */
  readonly force?: boolean
  /** Executes these steps, also on a hit. */
  readonly forceRerun?: readonly string[]
  /** Takes the existing result of these steps where only code has changed since: that change makes no difference. */
  readonly acceptCode?: readonly string[]
  /** Makes a fresh result of these steps, by name or id, and keeps the existing ones. */
  readonly reroll?: readonly string[]
  /** The takes to use, by a step's name or id. The job keeps using them. */
  readonly takes?: Readonly<Record<string, number>>
  /** Executes these steps twice, and fails those that give other bytes the second time. */
  readonly checkDeterminism?: readonly string[]
  /** Before the run, removes the job's records of this step and all later ones; the store keeps the results. */
  readonly clearFrom?: string
}

/** What to name in a problem with a part of the selection; the command line names the flag. */
export type SelectionWhere = `selection.${keyof Selection}`

export function selectionWhere<Field extends keyof Selection>(field: Field): `selection.${Field}` {
  return `selection.${field}`
}

/** A selection, resolved for one graph. */
export interface SelectedSteps {
  /** Whether a step is selected. */
  has(name: string): boolean
  /** Whether a step is executed even on a hit. */
  forces(name: string): boolean
  /** Whether a step takes the result that it had before its code changed. */
  acceptsCode(name: string): boolean
  /** Whether a step is executed once more, to compare. */
  checks(name: string): boolean
}

/** Returns the selected steps, or everything that is wrong with the selection. */
export function selectSteps(graph: Graph, selection: Selection = {}): Result<SelectedSteps, readonly Problem[]> {
  const names = stepNames(graph.steps)
  const {
    from,
    to,
    steps,
    stages,
    force = false,
    forceRerun = [],
    acceptCode = [],
    reroll = [],
    takes = {},
    checkDeterminism = [],
    clearFrom,
  } = selection
  // A check of one step runs up to it by default.
  const isToldOfChecks = to !== undefined && checkDeterminism.includes(to)
  const problems = [
    ...nameProblems('from', from === undefined ? [] : [from], graph, names),
    ...nameProblems('to', to === undefined || isToldOfChecks ? [] : [to], graph, names),
    ...nameProblems('steps', steps ?? [], graph, names),
    ...nameProblems('stages', stages ?? [], graph, names),
    ...nameProblems('forceRerun', forceRerun, graph, names),
    ...nameProblems('acceptCode', acceptCode, graph, names),
    ...nameProblems('checkDeterminism', checkDeterminism, graph, names),
    ...takeProblems('reroll', reroll, graph, names),
    ...takeProblems('takes', Object.keys(takes), graph, names),
    ...nameProblems('clearFrom', clearFrom === undefined ? [] : [clearFrom], graph, names),
  ]
  const untaken = untakenNames(graph)
  for (const [field, wanted] of [
    ['steps', steps ?? []],
    ['stages', stages ?? []],
    ['forceRerun', forceRerun],
    ['acceptCode', acceptCode],
  ] as const) {
    for (const name of wanted.filter((name) => untaken.has(name))) {
      const message = `the step '${name}' does not run with these params, because its condition is false`
      problems.push({ where: selectionWhere(field), message })
    }
  }
  const named = steps === undefined && stages === undefined ? undefined : [...(steps ?? []), ...(stages ?? [])]
  const first = from === undefined ? 0 : names.indexOf(from)
  const last = to === undefined ? names.length - 1 : names.indexOf(to)
  if (named === undefined && first > last && last >= 0) {
    const where = `${selectionWhere('from')}, ${selectionWhere('to')}`
    problems.push({ where, message: `'${from}' comes after '${to}' (order: ${names.join(', ')})` })
  }
  const selected = new Set(named ?? names.slice(Math.max(0, first), last + 1))
  const isPlaced = new Set(names)
  for (const [field, given] of [
    ['forceRerun', forceRerun],
    ['acceptCode', acceptCode],
    ['reroll', reroll],
    ['checkDeterminism', checkDeterminism],
  ] as const) {
    const unselected = given.filter((id) => isPlaced.has(nameInId(id)) && !selected.has(nameInId(id)))
    if (unselected.length === 0 || problems.length > 0) continue
    const message = `${unselected.join(', ')} is not among the selected steps (${[...selected].join(', ')})`
    problems.push({ where: selectionWhere(field), message })
  }
  if (problems.length > 0) return { ok: false, error: problems }
  const forced = new Set(forceRerun)
  return {
    ok: true,
    value: {
      has: (name) => selected.has(name),
      forces: (name) => selected.has(name) && (force || forced.has(name)),
      acceptsCode: (name) => selected.has(name) && acceptCode.includes(name),
      checks: (name) => selected.has(name) && checkDeterminism.includes(name),
    },
  }
}

/** A take belongs to one step, or to one item of a fan-out. */
function takeProblems(
  field: keyof Selection,
  given: readonly string[],
  graph: Graph,
  names: readonly string[],
): Problem[] {
  return given.flatMap((id) => {
    const problems = nameProblems(field, [nameInId(id)], graph, names)
    if (problems.length > 0 || graph.steps.some((step) => couldMean(id, step.id))) return problems
    const ids = graph.steps.map((step) => step.id).filter((other) => couldMean(nameInId(id), other))
    return [{ where: selectionWhere(field), message: unknownName('step', id, ids) }]
  })
}

/** Returns the names whose steps are all excluded by a condition that is already known. */
function untakenNames(graph: Graph): ReadonlySet<string> {
  const untaken = new Set(graph.order)
  for (const { name, condition } of graph.steps) {
    if (condition?.kind !== 'constant' || condition.holds) untaken.delete(name)
  }
  const placed = new Set(graph.steps.map(({ name }) => name))
  return new Set([...untaken].filter((name) => placed.has(name)))
}

function nameProblems(
  field: keyof Selection,
  wanted: readonly string[],
  graph: Graph,
  names: readonly string[],
): Problem[] {
  return wanted
    .filter((name) => !names.includes(name))
    .map((name) => ({
      where: selectionWhere(field),
      message: graph.order.includes(name)
        ? `the step '${name}' is not part of the pipeline with these params`
        : unknownName('step', name, names),
    }))
}
