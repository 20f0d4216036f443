import { expect } from 'vitest'
import type { ObservedRun } from '../rig/workbench.ts'
import { evaluate } from './evaluate.ts'
import type { Laboratory } from './laboratory.ts'
import { checkNothingToDo, checkOutputs, checkStepsDone, checkWhole, type Prepared, type Round, run } from './rounds.ts'

/** Runs again where nothing fails and nobody cancels: what is left is executed, and all is as if never disturbed. */
export async function recover(laboratory: Laboratory, { program, world }: Prepared, round: Round): Promise<void> {
  const calm = { ...world, failing: undefined }
  const prepared = { program, world: calm, damaged: [], ...evaluate(program, calm, laboratory.recorded) }
  const before = new Set(laboratory.recorded)
  const { concurrency, shuffle } = round
  const observed = await run(laboratory, prepared, { concurrency, shuffle })
  await checkWhole(laboratory, prepared, before, observed)
  checkOutputs(prepared, observed.result)
  await checkNothingToDo(laboratory, prepared)
}

/** Checks a run that stopped early: it did only what had to be done, and nothing of it is half-done. */
export async function checkPart(
  laboratory: Laboratory,
  prepared: Prepared,
  before: ReadonlySet<string>,
  observed: ObservedRun,
): Promise<void> {
  const { cells } = prepared
  const actions: string[] = []
  for (const step of observed.executed) {
    const cell = cells.get(step)
    if (cell?.kind === 'done') actions.push(cell.action)
    expect(cell?.kind, `${step} was executed`).toMatch(/done|failed/)
  }
  expect(actions.filter((action) => before.has(action))).toEqual([])
  expect(new Set(actions).size, 'an action was executed twice').toBe(actions.length)
  for (const step of observed.result.failedSteps) expect(cells.get(step)?.kind, step).toBe('failed')
  await checkStepsDone(laboratory, prepared, observed.result)
  expect(await laboratory.litter()).toEqual([])
}
