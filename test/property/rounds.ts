import { readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { expect } from 'vitest'
import { buildGraph, stepDirectory } from '../../src/core/index.ts'
import { checkManifests, type RunOutput, type RunRequest, type RunResult } from '../../src/engine/index.ts'
import type { LocalStore } from '../../store/index.ts'
import { type ObservedRun, observe } from '../rig/workbench.ts'
import { type Authored, authored, type Edit } from './edits.ts'
import { type Cell, type Evaluation, evaluate, type Made, type World } from './evaluate.ts'
import { type Damage, Laboratory } from './laboratory.ts'
import { pipelineOf, readTree } from './pipeline-of.ts'
import { type Drawn, type Program, programOf } from './program.ts'
import { numberOf } from './work.ts'

/** How one run goes. */
export interface Round {
  readonly edits: readonly Edit[]
  readonly concurrency: number
  readonly shuffle: number
  readonly keepGoing?: boolean
  readonly failing?: number
  /** The run is cancelled when it has told this many events. */
  readonly cancelAt?: number
}

export interface Scenario {
  readonly drawn: readonly Drawn[]
  readonly inlineBytesMax: number
  readonly rounds: readonly Round[]
}

/** What is known before a run: the program, its world, and what must become of every step. */
export interface Prepared extends Evaluation {
  readonly program: Program
  readonly world: World
  readonly damaged: readonly Damage[]
}

const still: Pick<Round, 'concurrency' | 'shuffle'> = { concurrency: 2, shuffle: 0 }

/** Plays the rounds of a scenario in one laboratory; `play` makes one run and says what it must have done. */
export async function playRounds(
  { drawn, inlineBytesMax, rounds }: Scenario,
  play: (laboratory: Laboratory, prepared: Prepared, round: Round) => Promise<void>,
): Promise<void> {
  const laboratory = new Laboratory(inlineBytesMax)
  try {
    await laboratory.open()
    let state: Authored = {
      drawn,
      world: { source: 'one', versions: { write: 1, spread: 1, judge: 1 }, failing: undefined },
    }
    writeFileSync(laboratory.input, state.world.source)
    for (const round of rounds) {
      state = round.edits.reduce(authored, state)
      const program = programOf(state.drawn)
      const world = { ...state.world, failing: round.failing }
      const damaged: Damage[] = []
      for (const edit of round.edits) {
        const damage = await laboratory.disturb(edit, aloneIn(evaluate(program, state.world, new Set()).cells))
        if (damage !== undefined) damaged.push(damage)
      }
      const evaluation = evaluate(program, world, laboratory.recorded)
      await play(laboratory, { program, world, damaged, ...evaluation }, round)
    }
  } finally {
    await laboratory.close()
  }
}

/** Returns the actions none of whose contents another action makes, too. */
function aloneIn(cells: ReadonlyMap<string, Cell>): ReadonlySet<string> {
  const makers = new Map<string, Set<string>>()
  const actions = new Set<string>()
  for (const cell of cells.values()) {
    if (cell.kind !== 'done') continue
    actions.add(cell.action)
    for (const content of contentsOf(cell.made))
      makers.set(content, (makers.get(content) ?? new Set()).add(cell.action))
  }
  for (const sharing of makers.values()) if (sharing.size > 1) for (const action of sharing) actions.delete(action)
  return actions
}

function contentsOf({ text, tree = {}, flag, list }: Made): readonly string[] {
  const values = [flag, list].flatMap((value) => (value === undefined ? [] : [JSON.stringify(value)]))
  return [...(text === undefined ? [] : [text]), ...Object.values(tree), ...values]
}

/** Makes one run, and takes note of what it recorded. */
export async function run(
  laboratory: Laboratory,
  prepared: Prepared,
  round: Partial<Round>,
  more: Pick<RunRequest, 'executor'> = {},
): Promise<ObservedRun> {
  const { concurrency, shuffle, keepGoing = false, cancelAt } = { ...still, ...round }
  const cancel = new AbortController()
  let told = 0
  const observed = await observe({
    pipeline: pipelineOf(prepared.program, prepared.world, shuffle),
    inputs: { source: laboratory.input },
    jobDir: laboratory.jobDir,
    store: shuffled(laboratory.store, shuffle),
    device: 'cpu',
    concurrency,
    keepGoing,
    signal: cancel.signal,
    ...more,
    onEvent: () => {
      if (++told === cancelAt) cancel.abort()
    },
  })
  for (const event of [...observed.of('stage_running'), ...observed.of('stage_skipped')]) {
    if (event.key !== undefined) noteKey(laboratory, prepared.cells, event.stage, event.key)
  }
  for (const { stage, recorded } of observed.of('stage_completed')) {
    expect(recorded).toBe(true)
    laboratory.recorded.add(actionOfStep(prepared.cells, stage))
  }
  for (const { action, repair } of prepared.damaged) {
    if (laboratory.recorded.has(action)) continue
    repair()
    await laboratory.forget(action)
  }
  return observed
}

/** Delays look-ups by a number of turns, so that steps which are ready at once go on in any order. */
function shuffled(store: LocalStore, shuffle: number): LocalStore {
  const lookup: LocalStore['lookup'] = async (key) => {
    for (let turn = numberOf(`${key} ${shuffle}`) % 4; turn > 0; turn--) {
      await new Promise((resolve) => setImmediate(resolve))
    }
    return store.lookup(key)
  }
  return { ...store, lookup }
}

function actionOfStep(cells: ReadonlyMap<string, Cell>, step: string): string {
  const cell = cells.get(step)
  if (cell === undefined || cell.kind === 'skipped') throw new Error(`the step ${step} should not have been run`)
  return cell.action
}

/** The engine's keys must tell apart what the evaluator tells apart, and nothing else. */
function noteKey(laboratory: Laboratory, cells: ReadonlyMap<string, Cell>, step: string, key: string): void {
  const action = actionOfStep(cells, step)
  const known = laboratory.keys.get(action)
  if (known === key) return
  expect(known, `${action} has another key than before: ${key}`).toBeUndefined()
  expect([...laboratory.keys.values()], action).not.toContain(key)
  laboratory.keys.set(action, key)
}

/** Checks every step that the run brought to a good end: its manifest, and what lies in its directory. */
export async function checkStepsDone(laboratory: Laboratory, prepared: Prepared, result: RunResult): Promise<void> {
  const graph = buildGraph(pipelineOf(prepared.program, prepared.world, 0), {})
  const manifests = await checkManifests(laboratory.jobDir)
  if (!graph.ok || !manifests.ok) throw new Error('there is no graph, or no job')
  const problems = new Map(manifests.value.map((checked) => [dirname(checked.path), checked.problems]))
  for (const [id, outcome] of result.outcomes) {
    const cell = prepared.cells.get(id)
    if (outcome.kind !== 'executed' && outcome.kind !== 'cached') continue
    if (cell?.kind !== 'done') throw new Error(`the step ${id} should not have been done`)
    const dir = stepDirectory(graph.value, { id, name: id.replace(/\/.*/, '') })
    expect(problems.get(dir), id).toEqual([])
    expect(madeIn(join(laboratory.jobDir, dir), cell.made), id).toEqual(cell.made)
  }
}

function madeIn(dir: string, { text, tree, flag }: Made): object {
  const value = (name: string): unknown => JSON.parse(readFileSync(join(dir, name), 'utf8'))
  return {
    ...(text === undefined ? {} : { text: readFileSync(join(dir, 'text.txt'), 'utf8') }),
    ...(tree === undefined ? {} : { tree: readTree(join(dir, 'tree')) }),
    ...(flag === undefined ? {} : { flag: value('flag.json'), list: value('list.json') }),
  }
}

/** Checks that a run did exactly what the evaluator says, and that it left nothing half-done. */
export async function checkWhole(
  laboratory: Laboratory,
  prepared: Prepared,
  before: ReadonlySet<string>,
  observed: ObservedRun,
): Promise<void> {
  const { cells } = prepared
  const mistakes = observed.of('stage_failed').filter(({ stage }) => cells.get(stage)?.kind !== 'failed')
  expect([mistakes, observed.result.outcomes.size > 0 ? undefined : observed.result.failure]).toEqual([[], undefined])
  expect(accountOf(observed, cells)).toEqual(expectedAccount(cells, before))
  const failed = [...cells].flatMap(([step, { kind }]) => (kind === 'failed' ? [step] : [])).sort()
  expect([...observed.result.failedSteps].sort()).toEqual(failed)
  expect(observed.result.status).toBe(failed.length === 0 ? 'completed' : 'failed')
  await checkStepsDone(laboratory, prepared, observed.result)
  expect(await laboratory.litter()).toEqual([])
}

/** Says of each action how often it was executed and served, and of each other step why it was skipped. */
interface Account {
  readonly executed: Readonly<Record<string, number>>
  readonly cached: Readonly<Record<string, number>>
  readonly skipped: readonly string[]
}

function accountOf(observed: ObservedRun, cells: ReadonlyMap<string, Cell>): Account {
  const skipped = observed
    .of('stage_skipped')
    .flatMap(({ stage, because }) => (because === 'cached' ? [] : [`${stage}: ${because}`]))
  return {
    executed: countOf(observed.executed.map((step) => actionOfStep(cells, step))),
    cached: countOf(observed.cached.map((step) => actionOfStep(cells, step))),
    skipped: skipped.sort(),
  }
}

function expectedAccount(cells: ReadonlyMap<string, Cell>, recorded: ReadonlySet<string>): Account {
  const executed: string[] = []
  const cached: string[] = []
  const skipped: string[] = []
  for (const [step, cell] of cells) {
    if (cell.kind === 'skipped') skipped.push(`${step}: ${cell.because}`)
    // Of several steps with one action the first to come executes it, and the others are served.
    else if (cell.kind === 'failed' || !(recorded.has(cell.action) || executed.includes(cell.action)))
      executed.push(cell.action)
    else cached.push(cell.action)
  }
  return { executed: countOf(executed), cached: countOf(cached), skipped: skipped.sort() }
}

function countOf(names: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const name of names) counts[name] = (counts[name] ?? 0) + 1
  return counts
}

/** Checks that running again finds everything done: nothing is executed, and nothing is written. */
export async function checkNothingToDo(laboratory: Laboratory, prepared: Prepared): Promise<void> {
  const again = await run(laboratory, { ...prepared, damaged: [] }, {})
  expect(again.executed).toEqual([])
  expect(again.of('artifact_materialized')).toEqual([])
  expect(again.result.status).toBe('completed')
}

/** Checks the outputs of a pipeline that ended well, and their order where they are gathered. */
export function checkOutputs({ outputs: expected }: Prepared, { outputs }: RunResult): void {
  const found: Record<string, unknown> = {}
  for (const [name, output] of Object.entries(outputs)) {
    found[name] = 'path' in output ? contentOf(output) : output.map(contentOf)
  }
  // A fan-out without a judge gives no flags, one over nothing gives none: an empty list stands for both.
  const filled = Object.entries(expected).filter(
    ([name, list]) => name in found || !Array.isArray(list) || list.length > 0,
  )
  expect(found).toEqual(Object.fromEntries(filled))
}

function contentOf({ kind, path, value }: RunOutput): unknown {
  if (kind === 'json') return value
  return kind === 'tree' ? readTree(path) : readFileSync(path, 'utf8')
}
